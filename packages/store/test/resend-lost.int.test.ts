import { describe, expect, onTestFinished, test } from 'vitest'
import { outboxColumns, resendLost, type StreamMark, startRelay } from '../src/mod.ts'
import { eventually, log, testStore } from './open-test-store.ts'

const write = {
  name: 'test.write',
  text: `insert into platform.outbox (${outboxColumns}) select 'thing', 'changed', $1, n, 'tester', null, '{}'
    from generate_series($2::int, $3::int) n`,
}

async function relayed() {
  const store = await testStore()
  const sent: { id: string; sequence: number; messageId: string }[] = []
  const relay = startRelay({
    store,
    source: '/x',
    log,
    pollMs: 20,
    publish: async ({ id, sequence }, _type, messageId) => void sent.push({ id, sequence, messageId }),
  })
  onTestFinished(() => relay.stop())
  const drained = () => eventually(async () => (await relay.backlog()).unsent === 0)
  const look = (stream: Partial<StreamMark> = {}) =>
    resendLost(store, async () => ({ created: '2026-01-01T00:00:00.000000001Z', lastSequence: 7, ...stream }))
  return { store, sent, drained, look }
}

describe('a stream that was lost', () => {
  test('has all kept events sent again, once over all replicas and in order', async () => {
    const { store, sent, drained, look } = await relayed()
    expect(await look()).toBe(0)
    await store.write(write, ['a', 1, 12_000])
    await drained()
    const before = sent.splice(0)
    const other = { created: '2026-02-01T00:00:00Z', lastSequence: 0 }
    const marked = await Promise.all([look(other), look(other), look(other)])
    expect(marked.reduce((sum, count) => sum + count)).toBe(12_000)
    await drained()
    expect(sent.map(({ id }) => id)).toEqual(before.map(({ id }) => id))
    expect(before.every(({ id, messageId }) => messageId === id)).toBe(true)
    expect(sent.every(({ id, messageId }) => messageId === `${id}.1`)).toBe(true)
    expect(await look(other)).toBe(0)
  })

  test('is noticed by its newest events, too, and by what was sent before it was made', async () => {
    const { store, drained, look } = await relayed()
    await store.write(write, ['a', 1, 3])
    await drained()
    // Nothing is known of the stream, as after an update from a version that did not ask.
    expect(await look({ created: '2026-01-01T00:00:00Z', lastSequence: 3 })).toBe(0)
    await drained()
    expect(await look({ created: '2026-01-01T00:00:00Z', lastSequence: 9 })).toBe(0)
    expect(await look({ created: '2026-01-01T00:00:00Z', lastSequence: 8 })).toBe(3)
    await drained()
    const fresh = await relayed()
    await fresh.store.write(write, ['a', 1, 3])
    await fresh.drained()
    expect(await fresh.look({ created: '2126-01-01T00:00:00Z' })).toBe(3)
  })

  test('is not taken for lost by what another replica noted while it was looked at', async () => {
    const { store, drained, look } = await relayed()
    await store.write(write, ['a', 1, 3])
    await drained()
    await look({ lastSequence: 10 })
    const late = resendLost(store, async () => {
      await look({ lastSequence: 12 })
      return { created: '2026-01-01T00:00:00.000000001Z', lastSequence: 11 }
    })
    expect(await late).toBe(0)
    expect(await look({ lastSequence: 12 })).toBe(0)
  })

  test('is filled by the next process when one died in the middle, and nothing new is sent before', async () => {
    const { store, sent, drained, look } = await relayed()
    await look()
    await store.write(write, ['a', 1, 6])
    await drained()
    sent.splice(0)
    await store.write({
      name: 'test.begun',
      text: 'update platform.event_stream set resent_to = (select min(id) + 2 from platform.outbox)',
    })
    await store.write(write, ['a', 7, 8])
    expect(await look()).toBe(5)
    await drained()
    expect(sent.map(({ sequence }) => sequence)).toEqual([4, 5, 6, 7, 8])
  })
})
