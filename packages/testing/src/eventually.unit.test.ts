import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { eventually } from './eventually.ts'

describe('eventually', () => {
  test('returns what the check returned when it no longer throws or says false', async () => {
    let tries = 0
    const value = await eventually(
      () => {
        tries += 1
        if (tries === 1) throw new Error('not yet')
        return tries === 2 ? false : 'there'
      },
      { everyMs: 1 },
    )
    expect({ value, tries }).toEqual({ value: 'there', tries: 3 })
  })

  test('takes undefined, null, 0 and an empty text for an answer: only false means no', async () => {
    for (const value of [undefined, null, 0, '']) expect(await eventually(() => value)).toBe(value)
  })

  test('throws the last error when the time is over', async () => {
    let tries = 0
    const check = async () => {
      tries += 1
      throw new Error(`try ${tries}`)
    }
    const now = vi.spyOn(performance, 'now').mockImplementation(() => tries * 20)
    onTestFinished(() => now.mockRestore())
    await expect(eventually(check, { timeoutMs: 60, everyMs: 5 })).rejects.toThrow('try 3')
    expect(tries).toBe(3)
  })

  test('throws the last error, too, when a timer ends before the clock says so', async () => {
    let tries = 0
    const check = async () => {
      tries += 1
      throw new Error(`try ${tries}`)
    }
    const now = vi.spyOn(performance, 'now').mockImplementation(() => (tries < 2 ? 0 : 100))
    onTestFinished(() => now.mockRestore())
    await expect(eventually(check, { timeoutMs: 10, everyMs: 20 })).rejects.toThrow('try 2')
  })

  test('says so when the condition stayed false', async () => {
    await expect(eventually(() => false, { timeoutMs: 20, everyMs: 5 })).rejects.toThrow('still false after 20 ms')
  })

  test('gives a check up that hangs', async () => {
    const hang = () => new Promise<boolean>(() => {})
    await expect(eventually(hang, { timeoutMs: 20 })).rejects.toThrow('no answer within 20 ms')
  })

  test('tries at least once, even without any time', async () => {
    expect(await eventually(() => 'at once', { timeoutMs: 0 })).toBe('at once')
  })
})
