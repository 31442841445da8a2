import { eventually } from '@slipway/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { unzip } from './support/client.ts'
import { cut, exported, largeConcept, makeSource } from './support/dictionary.ts'
import { openExporterDatabase } from './support/hold-exports.ts'
import { platform } from './support/platform.ts'

// One export a process, so that two under way are in two processes.
const env = { exporter: { EXPORT_CONCURRENCY: '1', EXPORT_LEASE_SECONDS: '1' } }
const running = platform({ replicas: { exporter: 2 }, env })
let database: Awaited<ReturnType<typeof openExporterDatabase>>
beforeAll(async () => {
  database = await openExporterDatabase(running.platform)
})
afterAll(() => database?.[Symbol.asyncDispose]())

const ids = Array.from({ length: 6 }, (_, index) => `C${index}`)

it('an export whose process is killed is made by another one: the same content, once', async () => {
  const { ada } = running.as
  const sources = await Promise.all(
    ['ONE', 'TWO'].map(org =>
      makeSource(
        ada,
        org,
        ids.map(id => largeConcept(id, 100_000)),
      ),
    ),
  )
  for (const source of sources) await cut(ada, source, 'v1')
  const before = await Promise.all(sources.map(source => exported(ada, source, 'v1')))

  {
    await using _held = await database.hold()
    for (const source of sources) {
      expect((await ada.post(`${source}v1/export/`)).status).toBe(202)
      await database.running(source, 'v1')
    }
    const victim = running.platform.processes.find(({ service, replica }) => service === 'exporter' && replica === 1)
    const restarts = victim?.restarts ?? 0
    victim?.kill('SIGKILL')
    await eventually(() => (victim?.restarts ?? 0) > restarts)
    // One of the two had nobody left; somebody has it now, and counts the death.
    await eventually(async () => {
      const tries = await Promise.all(sources.map(source => database.stateOf(source, 'v1')))
      return tries.some(state => state?.state === 'running' && state.deaths === 1)
    })
  }

  const after = await Promise.all(sources.map(source => exported(ada, source, 'v1')))
  const content = (zip: Buffer) => ({ ...JSON.parse(unzip(zip).text), export_time: '' })
  for (const [index, { bytes }] of after.entries()) {
    expect(content(bytes)).toEqual(content(before[index]?.bytes ?? Buffer.alloc(0)))
    expect(content(bytes).concepts.map(({ id }: { id: string }) => id)).toEqual(ids)
  }
  const told = await database.query(
    `select data ->> 'version_url' as version, count(*)::integer as ready from platform.outbox
      where noun = 'export' and verb = 'ready' group by 1`,
  )
  expect(told.rows.map(({ ready }) => ready)).toEqual([2, 2])
  const named = await database.query('select name from blob where removed_at is null and name is not null')
  expect(named.rows).toHaveLength(2)
  const failed = await database.query(`select error from export where error is not null`)
  expect(failed.rows).toEqual([])
})
