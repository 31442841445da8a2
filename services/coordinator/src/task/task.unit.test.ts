import { releaseStates, taskStates } from '@slipway/contracts'
import { describe, expect, it } from 'vitest'
import { endedTaskStates, mayStep } from './task.ts'

/** Every step of the published state machine, whatever phase the release is in. */
const allowed = new Set([
  'waiting>initialized',
  'waiting>rejected',
  'initialized>running',
  'running>staged',
  'staged>publishing',
  'publishing>published',
  ...['waiting', 'initialized', 'running', 'staged', 'publishing'].flatMap(from => [
    `${from}>failed`,
    `${from}>canceled`,
  ]),
])
/** Reports that overtake the coordinator's own book-keeping count only in the phase they belong to. */
const overtaking = new Map([
  ['initialized>staged', 'running'],
  ['staged>published', 'publishing'],
])

describe('steps of a task', () => {
  const table = taskStates.flatMap(from => taskStates.map(to => [from, to] as const))
  it.each(table)('%s to %s', (from, to) => {
    for (const release of releaseStates) {
      const step = `${from}>${to}`
      expect(mayStep(from, to, release), `while the release is ${release}`).toBe(
        allowed.has(step) || overtaking.get(step) === release,
      )
    }
  })

  it('leads nowhere from an ended state', () => {
    for (const from of endedTaskStates) for (const to of taskStates) expect(mayStep(from, to, 'running')).toBe(false)
  })
})
