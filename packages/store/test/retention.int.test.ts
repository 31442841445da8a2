import type { EventEnvelope } from '@slipway/contracts'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  findCommand,
  once,
  outboxColumns,
  purgeOld,
  rememberCommand,
  republish,
  type Store,
  startRelay,
} from '../src/mod.ts'
import { eventually, log, testStore } from './open-test-store.ts'

const write = {
  name: 'test.write',
  text: `insert into platform.outbox (${outboxColumns}) select 'thing', 'changed', $1, n, 'tester', null, '{}'
    from generate_series($2::int, $3::int) n`,
}
const agePart = {
  name: 'test.age',
  text: `update platform.outbox set created_at = created_at - $1 * interval '1 day', sent_at = sent_at - $1 * interval '1 day'
    where id <= $2`,
}
const ids = { name: 'test.ids', text: 'select id from platform.outbox order by id' }
const idsOf = async (store: Store) => (await store.read<{ id: number }>(ids)).map(row => row.id)

async function relayed() {
  const store = await testStore()
  const events: EventEnvelope[] = []
  const relay = startRelay({ store, source: '/x', log, pollMs: 20, publish: async event => void events.push(event) })
  onTestFinished(() => relay.stop())
  const drained = () => eventually(async () => (await relay.backlog()).unsent === 0)
  return { store, events, drained }
}

describe('republish', () => {
  test('sends everything again under the same ids, in order', async () => {
    const { store, events, drained } = await relayed()
    await store.write(write, ['a', 1, 6_000])
    await drained()
    const before = events.splice(0)
    expect(await republish(store)).toBe(6_000)
    await drained()
    expect(events.map(event => [event.id, event.sequence])).toEqual(before.map(event => [event.id, event.sequence]))
  })

  test('sends what was asked for and no more', async () => {
    const { store, events, drained } = await relayed()
    await store.write(write, ['a', 1, 4])
    await store.write(write, ['b', 1, 4])
    await drained()
    await store.write(agePart, [2, 2])
    const again = async (filter: Parameters<typeof republish>[1]) => {
      events.length = 0
      const count = await republish(store, filter)
      await drained()
      expect(events.length).toBe(count)
      return events.map(event => `${event.subject}${event.sequence}`).sort()
    }
    expect(await again({ aggregate: 'b' })).toEqual(['b1', 'b2', 'b3', 'b4'])
    expect(await again({ fromId: 3, toId: 6 })).toEqual(['a3', 'a4', 'b1', 'b2'])
    expect(await again({ since: new Date(Date.now() - 86_400_000), aggregate: 'a' })).toEqual(['a3', 'a4'])
    expect(await again({ aggregate: 'nobody' })).toEqual([])
  })
})

describe('purgeOld', () => {
  test('removes sent events past their time, in steps, and never an unsent one', async () => {
    const { store, drained } = await relayed()
    await store.write(write, ['a', 1, 12_000])
    await drained()
    await store.write(agePart, [15, 11_000])
    await store.write({
      name: 'test.unsend',
      text: `update platform.outbox set sent_at = null, aggregate = 'kept' where id = 7`,
    })
    await store.write({
      name: 'test.young',
      text: `update platform.outbox set sent_at = clock_timestamp() where id = 9`,
    })
    expect(await purgeOld(store)).toEqual({ outbox: 10_998, inbox: 0, commands: 0 })
    const left = await idsOf(store)
    expect([left.length, left.slice(0, 3)]).toEqual([1_002, [7, 9, 11_001]])
    expect(await purgeOld(store, { outboxDays: 13 })).toMatchObject({ outbox: 0 })
  })

  test('forgets events received and commands done, each after its own time', async () => {
    const store = await testStore()
    const fill = `insert into platform.inbox (consumer, event_id, received_at)
      select 'consumer', n::text, clock_timestamp() - n * interval '1 day' from generate_series(1, 40) n`
    await store.write({ name: 'test.fill', text: fill })
    const many = `insert into platform.inbox (consumer, event_id, received_at)
      select 'old', n::text, clock_timestamp() - interval '1 year' from generate_series(1, 11000) n`
    await store.write({ name: 'test.many', text: many })
    const command = { fingerprint: 'f', status: 200, headers: {}, body: '' }
    await rememberCommand(store, { id: 'young', ...command })
    await rememberCommand(store, { id: 'old', ...command })
    const age = `update platform.command set created_at = created_at - interval '25 hours' where id = 'old'`
    await store.write({ name: 'test.age-command', text: age })
    expect(await purgeOld(store)).toEqual({ outbox: 0, inbox: 11_011, commands: 1 })
    expect(await findCommand(store, 'old')).toBeNull()
    expect(await findCommand(store, 'young')).toMatchObject(command)
    expect(await once(store, 'consumer', '29')).toBe(false)
    expect(await once(store, 'consumer', '31')).toBe(true)
  })
})
