import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { EventEnvelope } from '@slipway/contracts'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  appendEvents,
  isUniqueViolation,
  outboxColumns,
  type RelayOptions,
  type Store,
  startRelay,
} from '../src/mod.ts'
import { anotherStore, eventually, log, testDatabase, testStore } from './open-test-store.ts'

const hour = 3_600_000
const write = {
  name: 'test.write',
  text: `insert into platform.outbox (${outboxColumns}) select 'thing', 'changed', $1, n, 'tester', null, json_build_object('n', n)
    from generate_series($2::int, $3::int) n`,
}
const unsent = { name: 'test.unsent', text: 'select count(*) from platform.outbox where sent_at is null' }

function relay(store: Store, publish: RelayOptions['publish'], options: Partial<RelayOptions> = {}) {
  const started = startRelay({ store, source: '/slipway/test', publish, log, pollMs: 20, ...options })
  onTestFinished(() => started.stop())
  return started
}

const event = (aggregate: string, sequence: number, data: unknown = {}) => ({
  noun: 'thing',
  verb: 'changed',
  aggregate,
  sequence,
  actor: 'tester',
  data,
})

/** What arrived, in order of arrival; fails the test when an event of an aggregate overtook an earlier one. */
function receiver() {
  const events: EventEnvelope[] = []
  const ids = new Map<string, string>()
  const newest = new Map<string, number>()
  const problems: string[] = []
  return {
    events,
    problems,
    ids,
    receive(event: EventEnvelope) {
      events.push(event)
      const name = `${event.subject}/${event.sequence}`
      const known = ids.get(name)
      if (known !== undefined && known !== event.id) problems.push(`${name} came with two ids`)
      ids.set(name, event.id)
      const before = newest.get(event.subject) ?? 0
      if (event.sequence > before + 1) problems.push(`${name} came after ${before}`)
      newest.set(event.subject, Math.max(before, event.sequence))
    },
  }
}

describe('an event', () => {
  test('arrives as a CloudEvent, at once, from a transaction and from a statement of its own', async () => {
    const store = await testStore()
    const { receive, events } = receiver()
    const types: unknown[] = []
    const publish = async (e: EventEnvelope, type: unknown) => {
      types.push(type)
      receive(e)
    }
    relay(store, publish, { pollMs: hour })
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    await store.transaction(tx =>
      appendEvents(tx, [
        { ...event('a"1', 1, { text: 'ä\n"', list: [1, null] }), traceparent },
        { ...event('a"1', 2, null), noun: 'other', verb: 'made' },
      ]),
    )
    await eventually(() => events.length === 2)
    expect(events[0]).toEqual({
      specversion: '1.0',
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
      source: '/slipway/test',
      type: 'slipway.v1.thing.changed',
      subject: 'a"1',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
      datacontenttype: 'application/json',
      sequence: 1,
      actor: 'tester',
      traceparent,
      data: { text: 'ä\n"', list: [1, null] },
    })
    expect(events[1]).not.toHaveProperty('traceparent')
    expect(events[1]).toMatchObject({ type: 'slipway.v1.other.made', data: null })
    expect(types).toEqual([
      { noun: 'thing', verb: 'changed' },
      { noun: 'other', verb: 'made' },
    ])
    await store.write(write, ['b', 1, 1])
    await eventually(() => events.length === 3)
  })

  test('with a number that is taken is refused', async () => {
    const store = await testStore()
    await store.transaction(tx => appendEvents(tx, [event('a', 1)]))
    const again = await store.transaction(tx => appendEvents(tx, [event('a', 1)])).catch((error: unknown) => error)
    expect(isUniqueViolation(again, 'outbox_sequence_key')).toBe(true)
  })

  test('that is committed late is sent, though events with greater ids went before', async () => {
    const store = await testStore()
    const { receive, events } = receiver()
    const running = relay(store, async e => receive(e))
    await store.transaction(async tx => {
      await appendEvents(tx, [event('early-id', 1)])
      await store.write(write, ['late-id', 1, 300])
      await eventually(() => events.length === 300)
      await eventually(async () => (await running.backlog()).unsent === 0)
    })
    await eventually(() => events.length === 301)
    expect(events.at(-1)?.subject).toBe('early-id')
  })
})

describe('relays', () => {
  test('three of them, with a broker that fails often: nothing lost, nothing out of order', async () => {
    const url = await testDatabase()
    const stores = await Promise.all([1, 2, 3].map(() => anotherStore(url)))
    const [store] = stores as [Store, ...Store[]]
    const { receive, problems, ids } = receiver()
    const publish = async (e: EventEnvelope) => {
      const luck = Math.random()
      if (luck < 0.05) throw new Error('refused before')
      await new Promise(resolve => setTimeout(resolve, Math.random() * 3))
      receive(e)
      if (luck > 0.95) throw new Error('answer lost')
    }
    const relays = stores.map(each => relay(each, publish, { batch: 50 }))
    const aggregates = Array.from({ length: 40 }, (_, i) => `aggregate-${i}`)
    await Promise.all(
      aggregates.map(async (aggregate, i) => {
        for (let n = 1; n <= 25; n += 5) await (stores[i % 3] as Store).write(write, [aggregate, n, n + 4])
      }),
    )
    await eventually(async () => (await store.read<{ count: number }>(unsent))[0]?.count === 0)
    await Promise.all(relays.map(each => each.stop()))
    expect(problems).toEqual([])
    expect(ids.size).toBe(40 * 25)
  })

  test('take from each other at short intervals without sending anything twice', async () => {
    const url = await testDatabase()
    const stores = await Promise.all([1, 2, 3, 4].map(() => anotherStore(url)))
    const [store] = stores as [Store, ...Store[]]
    const { receive, events, problems } = receiver()
    for (const each of stores) relay(each, async e => receive(e), { batch: 4, pollMs: 1 })
    for (let i = 0; i < 200; i++) await (stores[i % 4] as Store).write(write, [`aggregate-${i}`, 1, 20])
    await eventually(async () => (await store.read<{ count: number }>(unsent))[0]?.count === 0)
    expect([events.length, problems]).toEqual([4_000, []])
  })

  test('one that dies between publishing and marking: another one sends again, under the same ids', async () => {
    const url = await testDatabase()
    const store = await anotherStore(url)
    for (let i = 0; i < 10; i++) await store.write(write, [`aggregate-${i}`, 1, 20])
    const { receive, ids, problems } = receiver()

    const child = spawn(process.execPath, [new URL('./relay-process.ts', import.meta.url).pathname, url, '60'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    for await (const line of createInterface({ input: child.stdout })) {
      if (line === 'full') break
      receive(JSON.parse(line) as EventEnvelope)
    }
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(ids.size).toBe(60)

    relay(store, async e => receive(e))
    await eventually(async () => (await store.read<{ count: number }>(unsent))[0]?.count === 0)
    expect([problems, ids.size]).toEqual([[], 200])
  })

  test('an event that cannot be published holds back its own aggregate only', async () => {
    const store = await testStore()
    const { receive, events, problems } = receiver()
    let poisonous = true
    relay(store, async e => {
      if (poisonous && e.subject === 'poison' && e.sequence === 2) throw new Error('too large')
      receive(e)
    })
    await store.write(write, ['poison', 1, 3])
    for (let i = 0; i < 20; i++) await store.write(write, [`healthy-${i}`, 1, 10])
    await eventually(() => events.length === 201)
    await store.write(write, ['healthy-late', 1, 1])
    await eventually(() => events.length === 202)
    expect(events.filter(e => e.subject === 'poison').map(e => e.sequence)).toEqual([1])
    poisonous = false
    await eventually(() => events.length === 204)
    expect(problems).toEqual([])
  })

  test('a broker that is away: backlog shows it, everything goes out when it is back', async () => {
    const store = await testStore()
    const { receive, events, problems } = receiver()
    let away = true
    const running = relay(store, async e => {
      if (away) throw new Error('no responders')
      receive(e)
    })
    for (let i = 0; i < 100; i++) await store.write(write, [`aggregate-${i}`, 1, 5])
    await eventually(async () => (await running.backlog()).oldestSeconds > 0.5)
    expect(await running.backlog()).toMatchObject({ unsent: 500 })
    away = false
    await eventually(() => events.length === 500)
    expect(problems).toEqual([])
  })

  test('a publish that never answers is given up and done again', async () => {
    const store = await testStore()
    const { receive, events, problems } = receiver()
    let calls = 0
    const publish = (e: EventEnvelope) => {
      if (++calls === 1) return new Promise<void>(() => {})
      receive(e)
      return Promise.resolve()
    }
    relay(store, publish, { publishTimeoutMs: 100 })
    await store.write(write, ['a', 1, 3])
    await eventually(() => events.length === 3)
    expect(problems).toEqual([])
  })

  test('survive the loss of their connections', async () => {
    const url = await testDatabase()
    const store = await anotherStore(url, { name: 'relaying' })
    const killer = await anotherStore(url)
    const { receive, ids, problems } = receiver()
    relay(store, async e => {
      await new Promise(resolve => setTimeout(resolve, 2))
      receive(e)
    })
    const text = `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'relaying' and datname = current_database()`
    for (let i = 0; i < 10; i++) {
      await killer.write(write, [`aggregate-${i}`, 1, 30])
      if (i % 3 === 2) await killer.write({ name: 'test.kill', text })
    }
    await eventually(async () => (await killer.read<{ count: number }>(unsent))[0]?.count === 0)
    expect([problems, ids.size]).toEqual([[], 300])
  })

  test('stop after what is under way is marked, and take nothing more', async () => {
    const store = await testStore()
    let started = 0
    let release = () => {}
    const gate = new Promise<void>(resolve => (release = resolve))
    const running = relay(store, async () => {
      started++
      await gate
    })
    await store.write(write, ['a', 1, 1])
    await eventually(() => started === 1)
    const stopped = running.stop()
    await store.write(write, ['b', 1, 1])
    release()
    await stopped
    expect([started, await running.backlog()]).toMatchObject([1, { unsent: 1 }])
  })
})
