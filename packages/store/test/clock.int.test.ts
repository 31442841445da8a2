import { expect, onTestFinished, test, vi } from 'vitest'
import { clockOffsetMs, now, readClock } from '../src/mod.ts'
import { testStore } from './open-test-store.ts'

const hour = 3_600_000

test.each([hour, -hour])('a machine whose clock is %i ms off goes by the clock of the database', async shift => {
  const store = await testStore()
  const right = Date.now
  onTestFinished(() => void vi.restoreAllMocks())
  vi.spyOn(Date, 'now').mockImplementation(() => right.call(Date) + shift)
  await readClock(store)
  expect(Math.abs(now() - right.call(Date))).toBeLessThan(hour / 60)
  expect(Math.abs(clockOffsetMs() - shift)).toBeLessThan(hour / 60)
  // Somebody sets the clock of the machine right: the time goes on as if nothing had been.
  vi.restoreAllMocks()
  expect(Math.abs(now() - Date.now())).toBeLessThan(hour / 60)
})
