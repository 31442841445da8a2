import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { readerPlaces } from './reader-places.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A reader that takes what there is until it stops, and gives its place back when it is sent away. */
function reader() {
  let stoppedAt: number | undefined
  const one = {
    sent: 0,
    place: undefined as { free(): void } | undefined,
    stop() {
      stoppedAt = Date.now()
    },
    idleMs: () => (stoppedAt === undefined ? 0 : Date.now() - stoppedAt),
    sendAway() {
      one.sent += 1
      one.place?.free()
    },
  }
  return one
}

test('a place is given to the first that waits when it is free', async () => {
  const places = readerPlaces({ places: 1 })
  const first = await places.take(reader())
  const order: string[] = []
  const second = places.take(reader()).then(place => {
    order.push('second')
    return place
  })
  const third = places.take(reader()).then(() => order.push('third'))
  expect(places.waiting).toBe(2)
  first.free()
  const place = await second
  expect(order).toEqual(['second'])
  place.free()
  await third
  expect(order).toEqual(['second', 'third'])
  expect(places.waiting).toBe(0)
})

test('the reader that takes nothing for longest gives its place to who waits, and only then', async () => {
  const places = readerPlaces({ places: 2, slowMs: 5_000 })
  const [slow, slower] = [reader(), reader()]
  for (const one of [slow, slower]) one.place = await places.take(one)
  slower.stop()
  await vi.advanceTimersByTimeAsync(1_000)
  slow.stop()
  await vi.advanceTimersByTimeAsync(60_000)
  expect([slow.sent, slower.sent]).toEqual([0, 0])
  await places.take(reader())
  expect([slow.sent, slower.sent]).toEqual([0, 1])
})

test('readers that go on keep their places, and who waits too long is refused', async () => {
  const places = readerPlaces({ places: 1, patienceMs: 10_000, slowMs: 5_000 })
  const busy = reader()
  busy.place = await places.take(busy)
  const refused = expect(places.take(reader())).rejects.toMatchObject({ code: 'busy', retryAfter: 5 })
  await vi.advanceTimersByTimeAsync(10_000)
  await refused
  expect(busy.sent).toBe(0)
  expect(places.waiting).toBe(0)
})
