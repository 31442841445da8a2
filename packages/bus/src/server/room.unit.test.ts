import { expect, test } from 'vitest'
import type { Deadline, Deadlines } from '../connection/deadlines.ts'
import { createRoom } from './room.ts'

/** Deadlines that are due when the test says so. */
function byHand() {
  const watched = new Set<Deadline>()
  const deadlines: Deadlines = {
    add: deadline => void watched.add(deadline),
    delete: deadline => void watched.delete(deadline),
    disconnected() {},
    stop() {},
  }
  const pass = (until: number) => {
    for (const deadline of watched) if (deadline.dueAt <= until) deadline.due(until)
  }
  return { deadlines, watched, pass }
}

/** A room of 100 bytes; `log` has who entered or was refused, in order. */
function room() {
  const { deadlines, watched, pass } = byHand()
  const made = createRoom(deadlines, 100)
  const log: string[] = []
  async function take(name: string, bytes: number, giveUpAt = Number.POSITIVE_INFINITY) {
    await made.take(bytes, giveUpAt).then(
      () => log.push(name),
      ({ code, status, retryAfter }) => log.push(`${name} ${code} ${status} ${retryAfter}`),
    )
  }
  const settled = () => new Promise(resolve => setImmediate(resolve))
  return { ...made, take, log, settled, pass, watched }
}

test('large things have room together as long as there is some, then in the order of asking', async () => {
  const { take, leave, log, settled, watched } = room()
  for (const [name, bytes] of [
    ['a', 60],
    ['b', 40],
    ['c', 50],
    ['d', 30],
    ['e', 20],
  ] as const)
    void take(name, bytes)
  await settled()
  expect(log).toEqual(['a', 'b'])
  // Enough for d, but c asked before.
  leave(40)
  await settled()
  expect(log).toEqual(['a', 'b'])
  leave(60)
  await settled()
  expect(log).toEqual(['a', 'b', 'c', 'd', 'e'])
  expect(watched.size).toBe(0)
})

test('what is larger than the room has all of it', async () => {
  const { take, leave, log, settled } = room()
  void take('huge', 1_000)
  void take('small', 1)
  await settled()
  expect(log).toEqual(['huge'])
  leave(1_000)
  await settled()
  expect(log).toEqual(['huge', 'small'])
  leave(1)
  void take('whole', 100)
  await settled()
  expect(log).toEqual(['huge', 'small', 'whole'])
})

test('whoever waits too long is refused, and does not hold up those behind', async () => {
  const { take, leave, log, settled, pass } = room()
  void take('a', 90)
  void take('b', 50, performance.now() + 1_000_000)
  void take('c', 10)
  await settled()
  pass(performance.now() + 2_000_000)
  await settled()
  expect(log).toEqual(['a', 'b busy 503 1', 'c'])
  leave(90)
  void take('late', 95, 0)
  await settled()
  expect(log.at(-1)).toBe('late busy 503 1')
})

test('a line of 32 is long enough', async () => {
  const { take, log, settled } = room()
  void take('a', 100)
  for (let index = 0; index < 32; index += 1) void take(`waiting ${index}`, 1)
  void take('one more', 1)
  await settled()
  expect(log).toEqual(['a', 'one more busy 503 1'])
})
