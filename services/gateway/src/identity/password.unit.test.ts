import { expect, onTestFinished, test, vi } from 'vitest'
import { hashPassword, keyOfPassword, requireShortLine, setPasswordCost, verifyPassword } from './password.ts'

test('a hash matches its password only, and is another one each time', async () => {
  const [first, second] = await Promise.all([hashPassword('pässword'), hashPassword('pässword')])
  expect(first).not.toBe(second)
  expect(first).toMatch(/^scrypt\$\d+\$\d+\$\d+\$[\w-]{22}\$[\w-]{43}$/)
  expect(await verifyPassword('pässword', first)).toBe(true)
  expect(await verifyPassword('Pässword', first)).toBe(false)
  // The same text in another form of Unicode.
  expect(await verifyPassword('pa\u0308ssword', first)).toBe(true)
})

test('nothing matches a hash that is missing, of another kind, or broken', async () => {
  for (const hash of [null, undefined, 'bcrypt$x', 'plain text']) {
    expect(await verifyPassword('', hash)).toBe(false)
    expect(await verifyPassword('plain text', hash)).toBe(false)
  }
})

test('hashes made at another cost still match', async () => {
  const cheap = 'scrypt$16$1$1$c2FsdHNhbHRzYWx0c2FsdA$'
  const { scryptSync } = await import('node:crypto')
  const key = scryptSync('old', Buffer.from('c2FsdHNhbHRzYWx0c2FsdA', 'base64url'), 32, { N: 16, r: 1, p: 1 })
  expect(await verifyPassword('old', cheap + key.toString('base64url'))).toBe(true)
  expect(await verifyPassword('new', cheap + key.toString('base64url'))).toBe(false)
})

test('the cost of new hashes can be set, and old ones still match', async () => {
  const before = await hashPassword('old')
  setPasswordCost(10)
  const after = await hashPassword('new')
  setPasswordCost(15)
  expect([before, after].map(hash => hash.split('$')[1])).toEqual(['32768', '1024'])
  expect(await Promise.all([verifyPassword('old', before), verifyPassword('new', after)])).toEqual([true, true])
})

test('whoever has waited as long as clients do is refused', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const checks = [1, 2, 3].map(() => verifyPassword('x', null))
  vi.advanceTimersByTime(10_000)
  const settled = await Promise.allSettled(checks)
  expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected'])
  expect(settled[2]).toMatchObject({ reason: { code: 'busy' } })
  vi.useRealTimers()
  expect(await verifyPassword('x', null)).toBe(false)
})

test('a line of checks that is too long is not made longer', async () => {
  setPasswordCost(10)
  const checks: Promise<boolean>[] = []
  for (let count = 0; count < 52; count++) {
    requireShortLine()
    checks.push(verifyPassword('x', null))
  }
  const busy = expect.objectContaining({ code: 'busy', retryAfter: 2 })
  expect(requireShortLine).toThrow(busy)
  await expect(hashPassword('x')).rejects.toEqual(busy)
  await expect(keyOfPassword('x', 'salt', 20)).rejects.toEqual(busy)
  await expect(verifyPassword('x', null)).rejects.toEqual(busy)
  await Promise.all(checks)
  requireShortLine()
})

test('the key of a password stays the same, whatever new hashes cost', async () => {
  const before = await keyOfPassword('pässword', 'salt', 20)
  setPasswordCost(10)
  const after = await keyOfPassword('pa\u0308ssword', 'salt', 20)
  setPasswordCost(15)
  expect(before.toString('hex')).toBe('b16479c18943c3d90dc689b9c8da950db1e55e82')
  expect(after).toEqual(before)
})
