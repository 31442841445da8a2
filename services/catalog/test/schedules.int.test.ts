import { text } from 'node:stream/consumers'
import { type InputOf, productReleaseOperations, scheduleOperations, slaOperations } from '@slipway/contracts'
import { eventually } from '@slipway/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { as, type RunningCatalog, startCatalog } from './start-catalog.ts'

let catalog: RunningCatalog

beforeAll(async () => {
  catalog = await startCatalog()
})
afterAll(async () => catalog?.[Symbol.asyncDispose]())

let made = 0

async function pair() {
  made += 1
  const name = `sla ${made}`
  const release = { short: `rel${made}`, version: '1', name: 'R', release_type: 'ga' }
  await catalog.bus.call(slaOperations.create, { body: { name } }, as('admin'))
  const { release_id } = await catalog.bus.call(productReleaseOperations.create, { body: release }, as('admin'))
  return { release: release_id, sla: name }
}

const create = (body: InputOf<typeof scheduleOperations.create>['body'], options = as('admin')) =>
  catalog.bus.call(scheduleOperations.create, { body }, options)

describe('rights', () => {
  it('are checked where the data is', async () => {
    const body = { ...(await pair()), date: '2040-01-01' }
    await expect(create(body, as('nobody'))).rejects.toMatchObject({ code: 'unauthenticated' })
    const { id } = await create(body, as('ann'))
    const gone = catalog.bus.call(scheduleOperations.delete, { key: String(id) }, as('ann'))
    await expect(gone).rejects.toMatchObject({ code: 'forbidden' })
  })
})

describe('a repeated command', () => {
  it('is answered and not done again', async () => {
    const body = { ...(await pair()), date: '2040-01-01' }
    const first = await create(body, as('admin', { commandId: 'once' }))
    expect(await create(body, as('admin', { commandId: 'once' }))).toEqual(first)
    const other = create({ ...body, date: '2041-01-01' }, as('admin', { commandId: 'once' }))
    await expect(other).rejects.toMatchObject({ code: 'key_reused' })
  })
})

describe('counters', () => {
  it('agree with the table after all sorts of writes at a time', async () => {
    const pairs = await Promise.all(Array.from({ length: 12 }, pair))
    const ids = await Promise.all(
      pairs.map(async (one, index) => (await create({ ...one, date: `2050-01-0${(index % 3) + 1}` })).id),
    )
    await Promise.all(
      ids.map((id, index) => {
        const key = String(id)
        return index % 2 === 0
          ? catalog.bus.call(scheduleOperations.update, { key, body: { date: '2051-01-01' } }, as('admin'))
          : catalog.bus.call(scheduleOperations.delete, { key }, as('admin'))
      }),
    )
    const rows = await catalog.store.read(
      {
        name: 'differences',
        text: `select date, sla_id, sum(rows) from (
            select date, sla_id, rows from schedule_count union all select date, sla_id, -1 from schedule
          ) x group by 1, 2 having sum(rows) <> 0`,
      },
      [],
    )
    expect(rows).toEqual([])
  })
})

describe('a batch', () => {
  it('is one transaction with one changeset, however large it is', async () => {
    const pairs = await Promise.all(Array.from({ length: 40 }, pair))
    const body = pairs.map(one => ({ ...one, date: '2042-01-01' }))
    const answer = await catalog.bus.openStream(scheduleOperations.createMany, { body }, as('admin'))
    expect(JSON.parse(await text(answer.body))).toMatchObject(body)
    const rows = await catalog.store.read<{ changesets: number; transactions: number }>({
      name: 'how-often',
      text: `select count(distinct c.changeset_id) as changesets, count(distinct s.xmin::text) as transactions
        from schedule s join change c on c.resource = 'releaseschedule' and c.resource_id = s.id::text
        where s.date = '2042-01-01'`,
    })
    expect(rows).toEqual([{ changesets: 1, transactions: 1 }])
  })
})

describe('expiry', () => {
  it('is told once, also when two replicas look at the same time after a pause', async () => {
    const { id } = await create({ ...(await pair()), date: '2043-01-01' })
    const told = async () =>
      catalog.store.read<{ sequence: number; data: unknown }>(
        { name: 'told', text: `select sequence, data from platform.outbox where verb = 'expired' and aggregate = $1` },
        [String(id)],
      )
    await catalog.store.write({ name: 'pass', text: `update schedule set date = '2020-01-01' where id = $1` }, [id])
    await Promise.all([catalog.replica(), catalog.replica()])
    const [event] = await eventually(async () => {
      const rows = await told()
      expect(rows).toHaveLength(1)
      return rows
    })
    expect(event).toMatchObject({ sequence: 2, data: { id, date: '2020-01-01' } })
    await catalog.replica()
    expect(await told()).toHaveLength(1)
  })
})
