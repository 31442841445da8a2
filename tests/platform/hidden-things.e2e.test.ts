import { httpExchange } from '@slipway/testing'
import { expect, test } from 'vitest'
import { adminToken, authorizationOf, type Caller, hiddenAccounts, seedHiddenThings } from '../support/hidden-things.ts'
import { startTestPlatform } from '../support/start-test-platform.ts'
import { type DescribedOperation, describedOperations } from './support/described-operations.ts'
import { rulesFor, type Seed, undescribed } from './support/hidden-addresses.ts'

/** Requests under way at the same time. */
const atOnce = 16
/** Headers that differ from request to request. */
const passing = new Set(['date', 'content-length', 'x-request-id', 'slipway-trace', 'traceparent'])

test('a thing that is hidden from a caller is answered like one that never was', async () => {
  await using platform = await startTestPlatform({
    adminToken,
    accounts: hiddenAccounts,
    environment: { ...process.env, RATE_LIMIT: '0' },
  })
  const { url } = platform
  const rules = rulesFor(await seedHiddenThings(url))
  const operations = [...(await describedOperations(url)), ...undescribed].filter(({ path }) => path.includes('{'))
  const seedsOf = (operation: DescribedOperation) => {
    const rule = rules.find(({ applies }) => applies(operation))
    return rule?.known === undefined ? rule?.seeds?.(operation) : []
  }
  const unseeded = operations.filter(operation => seedsOf(operation) === undefined)
  expect(unseeded.map(({ method, path }) => `${method} ${path}`)).toEqual([])

  const cases = operations.flatMap(operation => (seedsOf(operation) ?? []).map(seed => ({ operation, seed })))
  const faults: string[] = []
  const left = cases.values()
  const compareAll = async () => {
    for (const { operation, seed } of left) faults.push(...(await compare(url, operation, seed)))
  }
  await Promise.all(Array.from({ length: atOnce }, compareAll))
  expect(faults).toEqual([])
  for (const { operation, seed } of cases) faults.push(...(await blindness(url, operation, seed)))
  expect(faults).toEqual([])
})

/** Which viewers can tell the hidden thing from the absent one, and by what. */
async function compare(url: string, operation: DescribedOperation, { hidden, absent, from, told = [] }: Seed) {
  const faults: string[] = []
  for (const viewer of from) {
    const there = await ask(url, operation, hidden, viewer)
    const nowhere = await ask(url, operation, absent, viewer)
    const isTold = told.includes(viewer)
    const isRight = isTold ? there.status === 403 && nowhere.status === 404 : there.shown === nowhere.shown
    const where = `${operation.method} ${pathOf(operation, hidden)} as ${viewer}`
    if (!isRight) faults.push(`${where}: ${there.shown}\n  and of what is not there: ${nowhere.shown}`)
    if (there.status >= 500 || there.status === 405) faults.push(`${where}: ${there.shown}`)
  }
  return faults
}

/** A seed shows something only if whoever may see the thing reads it otherwise than one that is not there. */
async function blindness(url: string, operation: DescribedOperation, { hidden, absent }: Seed) {
  // An address of a file is signed, and nothing need depend on a version: nobody sees anything there.
  if (operation.method !== 'GET' || /\{file\}|Dependency/.test(operation.path)) return []
  const there = await ask(url, operation, hidden, 'admin')
  const nowhere = await ask(url, operation, absent, 'admin')
  return there.shown === nowhere.shown ? [`${pathOf(operation, hidden)} shows nobody anything: ${there.shown}`] : []
}

const pathOf = ({ path }: DescribedOperation, ids: Seed['hidden']) =>
  path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(ids[name])))

/** An answer as whoever gets it can compare it: without what they sent themselves, and what differs anyway. */
async function ask(url: string, operation: DescribedOperation, ids: Seed['hidden'], caller: Caller) {
  const path = pathOf(operation, ids)
  const hasBody = operation.body !== undefined
  const scheme = operation.api === 'source-exports' ? 'Token' : 'Bearer'
  const answer = await httpExchange(url, operation.method, path, {
    headers: { ...authorizationOf(caller, scheme), ...(hasBody && { 'content-type': 'application/json' }) },
    body: hasBody ? JSON.stringify(operation.body) : undefined,
  })
  const headers = Object.entries(answer.headers).filter(([name]) => !passing.has(name))
  const own = Object.values(ids).filter(value => typeof value === 'string' && value.length > 2)
  const shown = [path, ...own]
    .reduce<string>((text, value) => text.replaceAll(String(value), '*'), `${JSON.stringify(headers)} ${answer.text}`)
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'then')
  return { status: answer.status, shown: `${answer.status} ${shown}` }
}
