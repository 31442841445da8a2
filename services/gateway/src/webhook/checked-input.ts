import { isIP } from 'node:net'
import { type ErrorDetail, events, invalid, type WebhookChange } from '@slipway/contracts'
import { forbiddenAddress, type GuardOptions } from '@slipway/service'

const nouns = new Set(events.map(({ noun }) => noun))
const types = new Set(events.map(({ noun, verb }) => `${noun}.${verb}`))

/**
 * What the shape of the fields cannot say: that there are such events, and that the address may be called. A name is
 * looked up, and checked, when it is called.
 * @throws `invalid`
 */
export function checkInput({ url, types: wanted = [] }: WebhookChange, guard: GuardOptions): void {
  const details: ErrorDetail[] = []
  const refusal = url === undefined ? undefined : refusalOf(new URL(url), guard)
  if (refusal !== undefined) details.push({ path: ['url'], reason: 'not_allowed', message: refusal })
  for (const [index, word] of wanted.entries()) {
    if (isKnown(word)) continue
    const message = `there are no events ${word}; GET /webhooks/event-types lists them`
    details.push({ path: ['types', index], reason: 'does_not_exist', message })
  }
  if (details.length > 0) throw invalid(details)
}

function isKnown(word: string): boolean {
  return word === '*' || types.has(word) || nouns.has(word.replace(/\.\*$/, ''))
}

function refusalOf({ hostname, username, password }: URL, guard: GuardOptions): string | undefined {
  if (username !== '' || password !== '') return 'must hold no login and no password: messages are signed instead'
  const host = hostname.replace(/^\[|\]$/g, '')
  return isIP(host) ? forbiddenAddress(host, guard) : undefined
}
