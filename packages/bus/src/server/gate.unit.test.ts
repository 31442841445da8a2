import { expect, test } from 'vitest'
import { createGate } from './gate.ts'

test('runs so many, lets so many wait in order, refuses the rest, and tells when it is idle', async () => {
  const gate = createGate(2, 2)
  await gate.idle()
  const begun: number[] = []
  const jobs = Array.from({ length: 5 }, () => Promise.withResolvers<void>())
  const entered = jobs.map((job, index) =>
    gate.enter(() => {
      begun.push(index)
      return job.promise
    }),
  )
  expect(entered).toEqual([true, true, true, true, false])
  expect(begun).toEqual([0, 1])
  let idle = false
  const waiting = gate.idle().then(() => {
    idle = true
  })
  jobs[1]!.resolve()
  await jobs[1]!.promise
  await Promise.resolve()
  expect(begun).toEqual([0, 1, 2])
  expect(gate.enter(async () => {})).toBe(true)
  expect(idle).toBe(false)
  for (const job of jobs) job.resolve()
  await waiting
  expect(begun).toEqual([0, 1, 2, 3])
})
