import { randomUUID } from 'node:crypto'
import { type EventEnvelope, releaseEvents, taskEvents } from '@slipway/contracts'
import { openStore, type Store } from '@slipway/store'
import { captureLog, eventually } from '@slipway/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { purgeEvents, storeEvents } from '../src/stream/stored-event.ts'
import { type EventReader, readEvents } from './event-reader.ts'
import { request } from './http-client.ts'
import { type Platform, startPlatform } from './platform.ts'

let platform: Platform
let replicaPort: number
let store: Store
beforeAll(async () => {
  platform = await startPlatform()
  replicaPort = (await platform.startReplica()).port
  store = await openStore({ url: platform.databaseUrl, log: captureLog().log, name: 'test', poolSize: 20 })
})
afterAll(async () => {
  await store?.close()
  await platform?.[Symbol.asyncDispose]()
})

let sequence = 0
function event(type: string, subject: string, data: object = {}): EventEnvelope {
  return {
    specversion: '1.0',
    id: randomUUID(),
    source: '/slipway/coordinator',
    type: `slipway.v1.${type}`,
    subject,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    sequence: ++sequence,
    actor: 'test',
    data,
  }
}

const kinds = { 'release.running': releaseEvents.running, 'task.staged': taskEvents.staged } as const

async function publish(type: keyof typeof kinds, subject: string, data?: object): Promise<EventEnvelope> {
  const envelope = event(type, subject, data)
  await platform.services.bus.publishEvent(kinds[type], envelope)
  return envelope
}

const storeDirectly = (envelope: EventEnvelope) => store.transaction(tx => storeEvents(tx, [envelope]))
const idsOf = (reader: EventReader) => reader.events.map(({ data }) => (data as EventEnvelope).id)
const has = (reader: EventReader, { id }: EventEnvelope) => eventually(() => idsOf(reader).includes(id))

describe('a stream', () => {
  test('brings events as they happen, on every replica', async () => {
    const readers = await Promise.all([platform.port, replicaPort].map(port => readEvents(port, '/events/stream')))
    expect(readers[0]).toMatchObject({
      status: 200,
      headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' },
    })
    const sent = await publish('release.running', 'RE_1', { release_id: 'RE_1', name: 'with "quotes"\nand lines' })
    for (const reader of readers) {
      await has(reader, sent)
      expect(reader.events.find(({ data }) => (data as EventEnvelope).id === sent.id)).toEqual({
        id: expect.stringMatching(/^\d+$/),
        event: 'release.running',
        data: sent,
      })
      expect(reader.text()).toMatch(/^retry: \d+\n\n/)
      reader.close()
    }
    expect(idsOf(readers[0] as EventReader)).toEqual(idsOf(readers[1] as EventReader))
  })

  test('brings what its filters let through', async () => {
    const queries = {
      all: '',
      releases: '?types=release.*',
      staged: '?types=task.staged,no-such.thing',
      one: '?release=RE_2',
      subject: '?subject=TA_2',
      both: '?types=task.*&release=RE_2',
      star: '?types=*,task.staged',
    }
    const readers = new Map<string, EventReader>()
    for (const [name, query] of Object.entries(queries))
      readers.set(name, await readEvents(replicaPort, `/events/stream${query}`))
    const sent = {
      release: await publish('release.running', 'RE_2'),
      task: await publish('task.staged', 'TA_2', { release_id: 'RE_2' }),
      other: await publish('task.staged', 'TA_3', { release_id: 'RE_3' }),
    }
    const last = await publish('release.running', 'RE_2')
    const end = await publish('task.staged', 'TA_2', { release_id: 'RE_2' })
    const expected = {
      all: [sent.release, sent.task, sent.other, last, end],
      releases: [sent.release, last],
      staged: [sent.task, sent.other, end],
      one: [sent.release, sent.task, last, end],
      subject: [sent.task, end],
      both: [sent.task, end],
      star: [sent.release, sent.task, sent.other, last, end],
    }
    for (const [name, events] of Object.entries(expected)) {
      const reader = readers.get(name) as EventReader
      await has(reader, events.at(-1) as EventEnvelope)
      expect([name, idsOf(reader)]).toEqual([name, events.map(({ id }) => id)])
      reader.close()
    }
  })

  test('resumes after an id, from the table, with its filters', async () => {
    const reader = await readEvents(platform.port, '/events/stream')
    const first = await publish('release.running', 'RE_4')
    const rest = [
      await publish('task.staged', 'TA_4', { release_id: 'RE_4' }),
      await publish('release.running', 'RE_5'),
    ]
    await has(reader, rest[1] as EventEnvelope)
    const id = reader.events.find(({ data }) => (data as EventEnvelope).id === first.id)?.id as string
    for (const [path, headers, expected] of [
      ['/events/stream', { 'last-event-id': id }, rest],
      [`/events/stream?last_event_id=${id}`, {}, rest],
      ['/events/stream?release=RE_4', { 'last-event-id': id }, rest.slice(0, 1)],
    ] as const) {
      // A new replica has nothing in memory.
      const fresh = await platform.startReplica()
      const resumed = await readEvents(fresh.port, path, headers)
      await has(resumed, expected.at(-1) as EventEnvelope)
      expect(idsOf(resumed)).toEqual(expected.map(event => event.id))
      resumed.close()
      await fresh.stop()
    }
    reader.close()
  })

  test.each(['types=Release.*', 'types=a.b.c', 'types=release.*,%22'])('refuses %s', async query => {
    const answer = await request(platform.port, `/events/stream?${query}`)
    expect([answer.status, answer.json]).toMatchObject([400, { error: { code: 'invalid' } }])
  })

  test('leaves the other methods and ids to the log of events', async () => {
    const patch = await request(platform.port, '/events/stream', { method: 'PATCH' })
    expect(patch.json).toMatchObject({ operation: 'coordinator.event.update', input: { kf_id: 'stream' } })
    expect((await request(platform.port, '/events/streams')).json).toMatchObject({ operation: 'coordinator.event.get' })
  })

  test('can be kept for those who sign in, and in number', async () => {
    const { port, stop } = await platform.startReplica({ SLIPWAY_STREAM_ANONYMOUS: 'false', SLIPWAY_STREAMS: '1' })
    const headers = { authorization: 'Bearer token-of-user' }
    expect(await request(port, '/events/stream')).toMatchObject({ status: 401, json: { error: {} } })
    const reader = await readEvents(port, '/events/stream', headers)
    expect(await request(port, '/events/stream', { headers })).toMatchObject({
      status: 503,
      headers: { 'retry-after': '5' },
    })
    reader.close()
    const next = await eventually(async () => {
      const again = await readEvents(port, '/events/stream', headers)
      return again.status === 200 && again
    })
    next.close()
    await stop()
  })
})

test('readers that go from replica to replica miss nothing and get nothing twice, while many write', async () => {
  let writing = true
  let last: string | undefined
  const stored: string[] = []
  // Commits come late and in any order: each holds its position for a while.
  const slowCommit = { name: 'test.sleep', text: 'select pg_sleep(random() * 0.004)' }
  const writers = Array.from({ length: 8 }, async () => {
    while (writing) {
      const envelope = event('task.progressed', 'TA_9', { release_id: 'RE_9' })
      await store.transaction(async tx => {
        await tx.query(slowCommit)
        await storeEvents(tx, [envelope])
        await tx.query(slowCommit)
      })
      stored.push(envelope.id)
    }
  })
  const start = await readEvents(platform.port, '/events/stream?subject=TA_9')
  await eventually(() => start.events.length > 0)
  const first = start.events[0] as { id: string }
  start.close()

  const readers = Array.from({ length: 4 }, async (_, index) => {
    const seen: { id: string; data: unknown }[] = []
    let ports = index % 2 === 0 ? [platform.port, replicaPort] : [replicaPort, platform.port]
    while (true) {
      const [port = 0, other = 0] = ports
      ports = [other, port]
      const reader = await readEvents(port, '/events/stream?subject=TA_9', {
        'last-event-id': seen.at(-1)?.id ?? first.id,
      })
      await eventually(() => reader.events.length > 10 || idsOf(reader).includes(last ?? ''), { everyMs: 1 })
      reader.close()
      seen.push(...reader.events)
      if (idsOf(reader).includes(last ?? '')) return seen
    }
  })
  await eventually(() => stored.length > 600)
  writing = false
  await Promise.all(writers)
  const end = event('task.progressed', 'TA_9')
  last = end.id
  await storeDirectly(end)

  const all = await store.read<{ position: number; event_id: string }>(
    {
      name: 'test.all',
      text: `select position, event_id from stream_event where aggregate = 'TA_9' and position > $1 order by 1`,
    },
    [Number(first.id)],
  )
  for (const seen of await Promise.all(readers)) {
    expect(seen.map(({ id }) => Number(id))).toEqual(all.map(({ position }) => position))
    expect(seen.map(({ data }) => (data as EventEnvelope).id)).toEqual(all.map(row => row.event_id))
  }
})

test('an event that is delivered again is stored once', async () => {
  const envelope = event('release.running', 'RE_6')
  await Promise.all([storeDirectly(envelope), storeDirectly(envelope), storeDirectly(envelope)])
  const rows = await store.read({ name: 'test.once', text: 'select 1 from stream_event where event_id = $1' }, [
    envelope.id,
  ])
  expect(rows).toHaveLength(1)
})

test('a client that does not read holds the reading back, and gets everything when it reads again', async () => {
  const reader = await readEvents(platform.port, '/events/stream?subject=TA_7')
  reader.pause()
  const filler = 'x'.repeat(100_000)
  const sent: string[] = []
  const memory = process.memoryUsage().rss
  for (let count = 0; count < 600; count++) {
    const envelope = event('task.progressed', 'TA_7', { filler })
    await storeDirectly(envelope)
    sent.push(envelope.id)
  }
  // What came meanwhile, sixty megabytes, is neither on the wire nor in memory; the allowance is for everything else.
  await eventually(async () => (await readEvents(platform.port, '/events/stream')).status === 200)
  expect(process.memoryUsage().rss - memory).toBeLessThan(sent.length * filler.length * 4)
  expect(reader.events.length).toBeLessThan(sent.length / 2)
  reader.resume()
  await eventually(() => reader.events.length === sent.length)
  expect(idsOf(reader)).toEqual(sent)
  reader.close()
})

describe('what is not kept', () => {
  test.each(['999999999', 'nonsense', '-1', '1e3'])(
    'an id nobody gave (%s) starts at the oldest, after a notice',
    async id => {
      const reader = await readEvents(platform.port, '/events/stream', { 'last-event-id': id })
      await eventually(() => reader.events.length > 1)
      const { position } = await oldest()
      expect(reader.events[0]).toEqual({
        id: expect.stringMatching(/^\d+$/),
        event: 'gap',
        data: { lastEventId: id, resumedAt: expect.stringMatching(/^\d+$/) },
      })
      expect(reader.events[1]?.id).toBe(String(position))
      reader.close()
    },
  )

  async function oldest() {
    const [row] = await store.read<{ position: number }>({
      name: 'test.oldest',
      // What tells of people is in the stream, too, for administrators.
      text: `select min(position) as position from stream_event where noun not in ('account', 'affiliate', 'application')`,
    })
    return row as { position: number }
  }

  test('an id that was forgotten, too; the last one forgotten is none', async () => {
    const { position } = await oldest()
    const age = {
      name: 'test.old',
      text: `update stream_event set stored_at = now() - interval '8 days' where position <= $1`,
    }
    await store.write(age, [position + 4])
    const count = await purgeEvents(store, 7)
    expect(count).toBeGreaterThan(0)
    const purgedTo = (await oldest()).position - 1

    const late = await readEvents(replicaPort, '/events/stream', { 'last-event-id': String(position) })
    await eventually(() => late.events.length > 1)
    expect(late.events[0]).toMatchObject({ event: 'gap', data: { lastEventId: String(position) } })
    late.close()

    // Nothing that it has not seen is gone.
    const reader = await readEvents(replicaPort, '/events/stream', { 'last-event-id': String(purgedTo) })
    await eventually(() => reader.events.length > 0)
    expect(reader.events[0]?.event).not.toBe('gap')
    reader.close()
  })

  test('after everything was forgotten, an id still means what it meant', async () => {
    await store.write({ name: 'test.age-all', text: `update stream_event set stored_at = now() - interval '8 days'` })
    const before = await readEvents(platform.port, '/events/stream')
    await purgeEvents(store, 7)
    const sent = await publish('release.running', 'RE_8')
    await has(before, sent)
    const resumed = await readEvents(replicaPort, '/events/stream', { 'last-event-id': before.events.at(-1)?.id ?? '' })
    const more = await publish('release.running', 'RE_8')
    await has(resumed, more)
    expect(idsOf(resumed)).toEqual([more.id])
    before.close()
    resumed.close()
  })
})
