import type { Platform } from '@slipway/local'
import { openStore } from '@slipway/store'
import { captureLog, eventually } from '@slipway/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestPlatform } from '../support/start-test-platform.ts'
import { type Client, client } from './support/client.ts'

const token = 'import-chaos-token'
const concepts = 6_000
const mappings = 2_000
const at = { owner: 'KILL', owner_type: 'Organization', source: 'S' }
const patience = { timeoutMs: 120_000 }

let platform: Platform
let admin: Client

beforeAll(async () => {
  platform = await startTestPlatform({
    durable: true,
    replicas: { exporter: 2 },
    adminToken: token,
    env: { exporter: { IMPORT_LEASE_SECONDS: '2' }, gateway: { SLIPWAY_RATE_LIMIT: '1000000' } },
  })
  admin = client(platform.url, `Token ${token}`)
})
afterAll(() => platform?.[Symbol.asyncDispose]())

/** Everything once, every concept changed once, and mappings among them. */
function* lines() {
  for (const datatype of ['N/A', 'Text']) {
    for (let index = 0; index < concepts; index += 1) {
      const names = [{ name: `Concept ${index}`, locale: 'en' }]
      yield { type: 'Concept', ...at, id: `C${index}`, concept_class: 'Test', datatype, names }
    }
  }
  const url = (index: number) => `/orgs/KILL/sources/S/concepts/C${index}/`
  for (let index = 0; index < mappings; index += 1) {
    const ends = { from_concept_url: url(index), to_concept_url: url(index + 1) }
    yield { type: 'Mapping', ...at, map_type: 'NEXT', ...ends }
  }
}

async function kill(replica: number): Promise<void> {
  const victim = platform.processes.find(process => process.service === 'exporter' && process.replica === replica)
  if (!victim) throw new Error(`there is no exporter-${replica}`)
  const before = victim.restarts
  victim.kill('SIGKILL')
  await eventually(() => victim.restarts > before, patience)
}

async function query<Row>(text: string): Promise<Row> {
  await using store = await openStore({ url: platform.databaseUrl('exporter'), log: captureLog().log, name: 'audit' })
  const [row] = await store.read<Row>({ name: 'audit', text })
  return row as Row
}

it('an import goes on in the other exporter when one is killed, and nothing is lost or done twice', async () => {
  await admin.post('/orgs/', { id: 'KILL', name: 'Kill' })
  await admin.post('/orgs/KILL/sources/', { id: 'S', name: 'Source' })
  const text = [...lines()].map(line => JSON.stringify(line)).join('\n')
  const path = '/importers/bulk-import/'
  const sent = await admin.send('POST', path, text, { 'content-type': 'application/x-ndjson' })
  expect(sent.status).toBe(202)
  const { task } = sent.body
  const state = async () => {
    const answer = await admin.get(`${path}?task=${task}`)
    return answer.status === 200 ? answer.body : undefined
  }
  const total = 2 * concepts + mappings
  for (const [round, replica] of [1, 2, 2, 1].entries()) {
    const least = 500 + (round * total) / 5
    await eventually(async () => ((await state())?.report.processed ?? 0) >= least, patience)
    await kill(replica)
  }
  const ended = await eventually(async () => {
    const seen = await state()
    return seen?.finished_at ? seen : false
  }, patience)
  expect(ended).toMatchObject({
    state: 'SUCCESS',
    report: {
      total,
      processed: total,
      created: concepts + mappings,
      updated: concepts,
      unchanged: 0,
      exists: 0,
      failed: 0,
    },
  })

  const written = await query(`select count(*) as children, sum(c.number) as states,
      (select count(*) from child_version) as kept, bool_and(c.number = 2) filter (where c.kind = 'concept') as twice,
      (select active_concepts from source) as concepts, (select active_mappings from source) as mappings
    from child c`)
  const states = 2 * concepts + mappings
  expect(written).toMatchObject({ twice: true, concepts, mappings, children: concepts + mappings, kept: states })
  const told = await query(`select count(*) as changes, count(distinct (change.uuid, change.sequence)) as different,
      count(*) filter (where change.sequence > 2 or c.uuid is null) as more
    from platform.outbox o
    cross join json_to_recordset(o.data -> 'changes') as change(uuid uuid, id text, sequence integer)
    left join child c on c.uuid = change.uuid and c.id = change.id
    where o.noun = 'bulk-import' and o.verb = 'applied'`)
  expect(told).toEqual({ changes: states, different: states, more: 0 })
  const order = await query(`select bool_and(id = 'C' || number) as kept from (
      select id, row_number() over (order by position) - 1 as number from child where kind = 'concept') c`)
  expect(order).toEqual({ kept: true })
  const parts = await query(`select sum(length(outcomes)) as lines, count(*) as parts,
      bool_and(first_byte = coalesce(before, 0)) as whole
    from (select *, lag(last_byte) over (order by first_line) as before from bulk_import_part) p`)
  expect(parts).toMatchObject({ lines: total, whole: true })
}, 300_000)
