import { parseArgs } from 'node:util'

/*
 * Says where the databases of the five services do not agree, after a restore, and settles what has one right answer:
 *
 *   SLIPWAY_TOKEN=… npm run restore-check -- [--settle] [--decide <id>=<choice> …] [--platform http://127.0.0.1:8080]
 *
 * Exit code 0: they agree. 1: something is left to be settled or decided. 2: they could not be compared.
 */

type Item = {
  readonly id: string
  readonly says: string
  readonly settles: string | null
  readonly choices: readonly { readonly choice: string; readonly does: string }[]
  readonly outcome: { readonly done: boolean; readonly detail: string | null } | null
}
type Report = { readonly agrees: boolean; readonly total: number; readonly items: readonly Item[] }

function linesOf({ id, says, settles, choices, outcome }: Item): string[] {
  const ways = settles === null ? choices.map(({ choice, does }) => `--decide ${id}=${choice}: ${does}`) : [settles]
  const came = outcome ? [outcome.done ? 'done' : `not done: ${outcome.detail}`] : []
  return [`${id}\n  ${says}`, ...[...ways, ...came].map(line => `  ${line}`)]
}

async function report(): Promise<Report> {
  const { values } = parseArgs({
    options: {
      settle: { type: 'boolean', default: false },
      decide: { type: 'string', multiple: true, default: [] },
      platform: { type: 'string', default: 'http://127.0.0.1:8080' },
    },
  })
  const token = process.env.SLIPWAY_TOKEN ?? process.env.SLIPWAY_ADMIN_TOKEN
  if (!token) throw new Error('SLIPWAY_TOKEN must hold an API token of an administrator')
  const decisions = Object.fromEntries(
    values.decide.map(text => [text.slice(0, text.lastIndexOf('=')), text.slice(text.lastIndexOf('=') + 1)]),
  )
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const settles = values.settle || values.decide.length > 0
  const answer = await fetch(`${values.platform.replace(/\/$/, '')}/v1/platform/restore-check`, {
    headers,
    ...(settles && { method: 'POST', body: JSON.stringify({ decisions }) }),
  })
  const body = (await answer.json()) as Report & { readonly detail?: string }
  if (!answer.ok) throw new Error(`${answer.status}: ${body.detail}`)
  return body
}

try {
  const { agrees, total, items } = await report()
  for (const line of items.flatMap(linesOf)) process.stdout.write(`${line}\n`)
  if (total > items.length) process.stdout.write(`and ${total - items.length} more\n`)
  if (total === 0) process.stdout.write('The five databases agree.\n')
  process.exitCode = agrees ? 0 : 1
} catch (error) {
  const { message, cause } = error as Error
  process.stderr.write(`${cause instanceof Error ? `${message}: ${cause.message}` : message}\n`)
  process.exitCode = 2
}
