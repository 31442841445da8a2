import { expect, test } from 'vitest'
import { createWakeUp } from './wake-up.ts'

test('a wake-up while nobody sleeps is kept, and several are one', async () => {
  const wakeUp = createWakeUp()
  wakeUp.wake()
  wakeUp.wake()
  expect(await wakeUp.sleep(60_000)).toBe(true)
  expect(await wakeUp.sleep(1)).toBe(false)
})

test('a time that is over already is no reason for Node to warn', async () => {
  const warnings: Error[] = []
  const note = (warning: Error) => warnings.push(warning)
  process.on('warning', note)
  expect(await createWakeUp().sleep(-3)).toBe(false)
  // Warnings are told in a later tick.
  await new Promise(resolve => setImmediate(resolve))
  process.off('warning', note)
  expect(warnings).toEqual([])
})
