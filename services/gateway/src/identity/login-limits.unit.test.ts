import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { limitLogins, pauseAfter } from './login-limits.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const refused = expect.objectContaining({ code: 'rate_limited' })

/** Attempts that were let through. */
async function guess(limits: ReturnType<typeof limitLogins>, logins: readonly string[], client: string) {
  let admitted = 0
  for (const login of logins) {
    const attempt = limits.begin(login, client).then(
      () => void admitted++,
      error => expect(error).toEqual(refused),
    )
    await vi.advanceTimersByTimeAsync(2_000)
    await attempt
  }
  return admitted
}

test('an address that guesses at many logins is refused, and has locked none of them', async () => {
  const limits = limitLogins(10)
  const logins = ['a', 'b', 'c', 'd', 'e', 'f']
  // All within one window, or the count would begin anew.
  const guesses = Array.from({ length: 60 }, (_, index) => limits.begin(logins[index % 6] as string, '192.0.2.1'))
  const settled = Promise.allSettled(guesses)
  await vi.advanceTimersByTimeAsync(5_000)
  expect((await settled).filter(({ status }) => status === 'fulfilled')).toHaveLength(50)
  expect(await guess(limits, ['a', 'b', 'c', 'd', 'e', 'f'], '192.0.2.2')).toBe(6)
})

test('one login is refused to the address that guesses at it, which may still be somebody else', async () => {
  const limits = limitLogins(2)
  await limits.begin('a', '192.0.2.1')
  await limits.begin('a', '192.0.2.1')
  await expect(limits.begin('a', '192.0.2.1')).rejects.toEqual(refused)
  await limits.begin('b', '192.0.2.1')
  expect(await guess(limits, ['a'], '192.0.2.2')).toBe(1)
})

test('whoever is right now and then gets no more guesses at others', async () => {
  const limits = limitLogins(1)
  let admitted = 0
  for (let index = 0; index < 20; index++) {
    await limits.begin(`victim ${index}`, '192.0.2.1').then(
      () => void admitted++,
      () => {},
    )
    await limits.begin('own', '192.0.2.1').then(
      own => own.succeeded(),
      () => {},
    )
  }
  expect(admitted).toBe(5)
})

test('checks of a login that many addresses guess at become slow, never refused', async () => {
  expect([-1, 0, 1, 2, 5, 6, 1000].map(pauseAfter)).toEqual([0, 0, 100, 200, 1600, 2000, 2000])
  const limits = limitLogins(3)
  let admitted = 0
  const guesses = Array.from({ length: 20 }, (_, index) =>
    limits.begin('a', `192.0.2.${index}`).then(() => void admitted++),
  )
  await vi.advanceTimersByTimeAsync(0)
  expect(admitted).toBe(3)
  await vi.advanceTimersByTimeAsync(2_000)
  await Promise.all(guesses)
  expect(admitted).toBe(20)
})
