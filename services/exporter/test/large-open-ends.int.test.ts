import { mappingOperations, sourceOperations } from '@slipway/contracts'
import { eventually } from '@slipway/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openSourceKey } from '../src/mapping/mapping.ts'
import { firstWithin, mappingsOpenInto, takeOpenMappings } from '../src/open-end/open-end.store.ts'
import { url } from './import-actions.ts'
import { as, type RunningExporter, startExporter } from './start-exporter.ts'

let running: RunningExporter
beforeAll(async () => {
  running = await startExporter()
})
afterAll(() => running?.[Symbol.asyncDispose]())

const KiB = 1024

async function waiting(org: string, sizes: readonly number[]) {
  const target = await running.dictionary(org, ['A'])
  for (const [id, size] of sizes.entries()) {
    const body = {
      ...{ id: `M${id}`, map_type: `T${id}`, from_concept_url: url(org, 'A') },
      ...{ to_concept_url: `/orgs/${org}/sources/LATER/concepts/B/`, extras: { text: 'x'.repeat(size) } },
    }
    await running.bus.call(mappingOperations.create, { ...target, body }, as('ada'))
  }
  const ids = sizes.map((_, id) => `M${id}`)
  const ends = () =>
    Promise.all(
      ids.map(async id => {
        const row = await running.bus.call(mappingOperations.get, { ...target, id }, as('ada'))
        return row.to_source_name_resolved
      }),
    )
  return { target, ends }
}

it('are taken so that their bytes are bounded', async () => {
  await waiting('TAKEN', [600 * KiB, 300 * KiB, 300 * KiB])
  const key = openSourceKey('/orgs/TAKEN/sources/LATER/')
  const undone = new Error('undone')
  const taken = running.store.transaction(async tx => {
    const open = (await mappingsOpenInto(tx, key)).toSorted((one, other) => one.position - other.position)
    expect(open).toHaveLength(3)
    const first = open[0] as (typeof open)[number]
    const within = async (bytes: number) => (await firstWithin(tx, open, bytes)).length
    expect([await within(500 * KiB), await within(1000 * KiB), await within(2000 * KiB)]).toEqual([0, 2, 3])
    const add =
      'insert into open_end_job (mapping, source) select * from unnest($1::bigint[], $2::bigint[]) returning mapping'
    await tx.query({ name: 'test.add', text: add }, [
      open.map(({ position }) => position),
      open.map(({ source }) => source),
    ])
    const take = (limit: number, kib: number) => takeOpenMappings(tx, first.source, { limit, mostBytes: kib * KiB })
    expect(await take(500, 500)).toEqual([])
    expect(await take(500, 1000)).toHaveLength(2)
    expect(await take(1, 1_000_000)).toHaveLength(1)
    throw undone
  })
  await expect(taken).rejects.toBe(undone)
})

it('are all resolved, however large they are', async () => {
  const { ends } = await waiting('LARGE', [700 * KiB, 700 * KiB, 10, 3000 * KiB, 10])
  const body = { id: 'LATER', name: 'Later' }
  await running.bus.call(sourceOperations.create, { ownerType: 'org', owner: 'LARGE', body }, as('ada'))
  await eventually(async () => expect(await ends()).toEqual(Array(5).fill('Later')), { timeoutMs: 30_000 })
})
