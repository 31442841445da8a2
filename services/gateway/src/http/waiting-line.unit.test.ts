import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { waitingLine } from './waiting-line.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('so many at the same time; others wait in the order they came', async () => {
  const line = waitingLine({ places: 2, waitMs: 1_000 })
  expect(line.enter()).toBeUndefined()
  expect(line.enter()).toBeUndefined()
  const entered: string[] = []
  const waiting = ['first', 'second'].map(name => line.enter()?.then(() => entered.push(name)))
  await vi.advanceTimersByTimeAsync(999)
  expect(entered).toEqual([])
  line.leave()
  await vi.advanceTimersByTimeAsync(0)
  expect(entered).toEqual(['first'])
  line.leave()
  await Promise.all(waiting)
  expect(entered).toEqual(['first', 'second'])
  for (let count = 0; count < 2; count++) line.leave()
  expect(line.enter()).toBeUndefined()
  expect(line.enter()).toBeUndefined()
  expect(line.enter()).toBeDefined()
})

test('whoever waited too long is refused, and takes no place', async () => {
  const line = waitingLine({ places: 1, waitMs: 1_000 })
  line.enter()
  const refused: unknown[] = []
  line.enter()?.catch(error => refused.push(error))
  await vi.advanceTimersByTimeAsync(600)
  line.enter()?.catch(error => refused.push(error))
  await vi.advanceTimersByTimeAsync(400)
  expect(refused).toEqual([expect.objectContaining({ code: 'busy', retryAfter: 1 })])
  await vi.advanceTimersByTimeAsync(600)
  expect(refused).toHaveLength(2)
  line.leave()
  expect(line.enter()).toBeUndefined()
  // The line is watched again after it was empty.
  line.enter()?.catch(error => refused.push(error))
  await vi.advanceTimersByTimeAsync(1_000)
  expect(refused).toHaveLength(3)
})
