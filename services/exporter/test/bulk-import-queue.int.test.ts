import { bulkImportOperations, conceptOperations } from '@slipway/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { concept, importActions, type Members } from './import-actions.ts'
import { as, type Person, type RunningExporter, startExporter } from './start-exporter.ts'

let running: RunningExporter
beforeAll(async () => {
  running = await startExporter()
})
afterAll(() => running?.[Symbol.asyncDispose]())
const { submit, read, finished, events } = importActions(() => running)

describe('an import in a queue', () => {
  it('is refused twice at a time, keeps the order of its queue, and can be stopped', async () => {
    await running.dictionary('QUEUE')
    // Nobody works on it while its worker is taken for alive.
    const hold = (id: string) =>
      running.store.write(
        {
          name: 'test.hold-import',
          text: `update bulk_import set due_at = now() + interval '1 hour' where id = $1 returning state`,
        },
        [id],
      )
    const first = await submit(
      [...Array(1500)].map((_, index) => concept('QUEUE', `C${index}`)),
      { queue: 'mine' },
    )
    await hold(first.id)
    await running.store.write({
      name: 'test.unlease',
      text: `update bulk_import set lease = null, state = 'PENDING', due_at = now() + interval '1 hour' where queue = 'mine'`,
    })
    const lines = [...Array(1500)].map((_, index) => concept('QUEUE', `C${index}`))
    await expect(submit(lines, { queue: 'mine' })).rejects.toMatchObject({
      code: 'conflict',
      message: 'The same import has been already queued',
    })
    const second = await submit([concept('QUEUE', 'later')], { queue: 'mine' })
    const other = await submit([concept('QUEUE', 'other')], { queue: 'another' })
    expect(await finished(other.id)).toMatchObject({ state: 'SUCCESS' })
    expect(await read(second.id, false)).toMatchObject({ state: 'PENDING' })
    const cancel = (person: Person) => running.bus.request(bulkImportOperations.cancel, { task: first.id }, as(person))
    await expect(cancel('bob')).rejects.toMatchObject({ code: 'not_found' })
    expect((await cancel('ada')).status).toBe(204)
    await expect(cancel('ada')).rejects.toMatchObject({ code: 'refused' })
    expect(await finished(first.id)).toMatchObject({ state: 'REVOKED' })
    expect(await finished(second.id)).toMatchObject({ state: 'SUCCESS', report: { created: 1 } })
    const mine = JSON.parse((await running.read(bulkImportOperations.list, { queue: 'mine' })).text)
    expect(mine.map(({ id }: Members) => id)).toEqual([second.id, first.id])
    const told = await events('bulk-import', second.id)
    expect(told.map(({ verb, sequence }) => [verb, sequence])).toEqual([
      ['queued', 1],
      ['started', 2],
      ['applied', 3],
      ['succeeded', 4],
    ])
    expect(told.at(-1)?.data).toMatchObject({ state: 'SUCCESS', username: 'ada', counts: { created: 1 } })
  })

  it('goes on where a dead worker left it, and is given up where each one dies', async () => {
    const target = await running.dictionary('DEAD')
    const submitted = await submit([...Array(3)].map((_, index) => concept('DEAD', `C${index}`)))
    await finished(submitted.id)
    const again = (deaths: number) =>
      running.store.write(
        {
          name: 'test.dead-import',
          text: `update bulk_import set state = 'STARTED', finished_at = null, processed = 1, counts = '{"created": 1}',
              next_byte = (select last_byte from bulk_import_part where import = $1 and first_line = 99),
              lease = gen_random_uuid(), deaths = $2, due_at = now() where id = $1`,
        },
        [submitted.id, deaths],
      )
    const length = JSON.stringify(concept('DEAD', 'C0')).length + 1
    await running.store.write(
      {
        name: 'test.part',
        text: `with gone as (delete from bulk_import_part where import = $1)
          insert into bulk_import_part values ($1, 99, 0, $2, 'c', null)`,
      },
      [submitted.id, length],
    )
    await again(9)
    const resumed = await finished(submitted.id)
    expect(resumed).toMatchObject({ state: 'SUCCESS', report: { created: 1, unchanged: 2, processed: 3 } })
    expect(await running.bus.call(conceptOperations.get, { ...target, id: 'C2' }, as('ada'))).toMatchObject({
      version: '1',
    })
    await again(10)
    const given = await finished(submitted.id)
    expect(given).toMatchObject({ state: 'FAILURE' })
    expect(given.message).toMatch(/^given up at line 2\. Processed: 1\/3/)
  })
})
