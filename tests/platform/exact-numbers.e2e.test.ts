import { parseExact, releaseEvents } from '@slipway/contracts'
import { eventually, httpExchange } from '@slipway/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventStream } from '../release-coordinator/support/event-stream.ts'
import { webhookActions } from '../webhooks/support/webhook-actions.ts'
import { startWebhookPlatform, tokens, type WebhookPlatform } from '../webhooks/support/webhook-platform.ts'

const large = '12345678901234567890'
const precise = '1.0000000000000000001'
/** Written into bodies as it is. */
const number = parseExact(large)

let on: WebhookPlatform
beforeAll(async () => {
  on = await startWebhookPlatform({ env: { registry: { ALLOW_INTERNAL_ADDRESSES: 'true' } } })
})
afterAll(() => on?.[Symbol.asyncDispose]())
const { create } = webhookActions(() => on)

async function send(method: string, path: string, body?: unknown) {
  const headers = {
    authorization: path.startsWith('/rest_api') ? `Token ${tokens.admin}` : `Bearer ${tokens.admin}`,
    'content-type': 'application/json',
    accept: 'application/json',
  }
  const sent = body === undefined ? undefined : JSON.stringify(body)
  const answer = await httpExchange(on.platform.url, method, path, { headers, body: sent })
  expect(answer.status, `${method} ${path}: ${answer.text}`).toBeLessThan(300)
  return answer
}

const occurrences = (text: string, part: string) => text.split(part).length - 1

test('attributes of studies keep their numbers in every view and version', async () => {
  const study = (await send('POST', '/v1/studies', { name: 'Digits' })).body.id
  const attributes = { sctid: number, list: [number, parseExact(precise)], 'as text': large }
  const path = `/api/v1/as-curator/studies/${study}`
  const holds = ({ text }: { readonly text: string }) => {
    expect(text).toMatch(new RegExp(`"sctid": ?${large}`))
    expect(text).toMatch(new RegExp(`"list": ?\\[${large}, ?${precise.replace('.', '\\.')}\\]`))
    expect(text).toMatch(new RegExp(`"as text": ?"${large}"`))
  }
  holds(await send('PATCH', path, attributes))
  holds(await send('GET', path))
  const { headers } = await send('POST', `/api/v1/as-curator/integration/studies/${study}/tasks/publish-versions`)
  const task = String(headers['slipway-task'])
  expect(task).toMatch(/^PV_/)
  await eventually(async () => (await send('GET', `/api/v1/tasks/${task}`)).body.status === 'DONE')
  for (const view of ['curator', 'user']) {
    const studies = `/api/v1/as-${view}/studies`
    holds(await send('GET', `${studies}/${study}`))
    holds(await send('GET', `${studies}/${study}/versions/2`))
    holds(await send('GET', studies))
  }
  await send('POST', `${path}/versions/2/restore`)
  holds(await send('GET', `/api/v1/as-user/studies/${study}/versions/3`))
})

test('a number that is sent for a text keeps its digits, where it is read, in events, on the stream and in webhooks', async () => {
  await create('/all', { types: [] })
  await using stream = await eventStream(on.platform.url)
  on.receiver.answer('/service/status', () => ({ status: 200, body: '{"name":"digits"}' }))
  const study = (await send('POST', '/v1/studies', { name: 'Read' })).body.id
  const coordinator = async (path: string, body: object) => {
    const made = await send('POST', path, body)
    const read = await send('GET', `${path}/${made.body.kf_id}`)
    return { id: String(made.body.kf_id), texts: [made.text, read.text, (await send('GET', path)).text] }
  }
  const url = on.receiver.url('/service')
  const fields = { name: number, description: number, author: number }
  const service = await coordinator('/task-services', { ...fields, url })
  const release = await coordinator('/releases', { ...fields, tags: [number], studies: [study] })
  const note = await coordinator('/release-notes', { description: number, author: number, release: release.id })
  const event = await coordinator('/events', { message: number, release: release.id })
  const product = await send('POST', '/rest_api/v1/products/', { short: 'digits', name: number })
  const texts = [service, release, note, event].flatMap(made => made.texts)
  for (const text of [...texts, product.text, (await send('GET', '/rest_api/v1/products/digits/')).text]) {
    expect(text).toContain(large)
    expect(text).not.toContain(String(Number(large)))
  }
  const types = ['task-service.created', 'release.created', 'release-note.created', 'event.recorded', 'product.added']
  for (const type of types) {
    const about = (text: string) => text.includes(`${type}"`) && text.includes(large)
    await eventually(() => on.receiver.received('/all').some(({ body }) => about(body)))
    await stream.until(event => about(JSON.stringify(event)))
  }
})

test('numbers of any event are handed on as they were written', async () => {
  const data = { release_id: 'RE_DIGITS', name: 'Digits', extra: [number, parseExact(precise), { deep: number }] }
  const { id } = await create('/free', { types: ['release.staged'] })
  await using stream = await eventStream(on.platform.url, { types: 'release.staged' })
  await on.publish(releaseEvents.staged, 'RE_DIGITS', data)
  const written = `"extra":[${large},${precise},{"deep":${large}}]`
  const message = await eventually(() => on.receiver.received('/free')[0] ?? false)
  expect(occurrences(message.body, written)).toBe(1)
  await stream.until(event => JSON.stringify(event).includes(written))
  const { results } = (await send('GET', `/webhooks/${id}/deliveries`)).body
  expect((await send('GET', `/webhooks/${id}/deliveries/${results[0].id}`)).text).toContain(written)
})
