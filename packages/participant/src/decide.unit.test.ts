import { describe, expect, test } from 'vitest'
import { decide, type KnownTask } from './decide.ts'
import type { TaskAction, TaskState } from './protocol.ts'

const ids = { task_id: 'TA_00000001', release_id: 'RE_00000001', studies: ['SD_00000001'] }
const command = (action: TaskAction) => ({ action, ...ids })
const known = (state: TaskState): KnownTask => ({ release_id: ids.release_id, state, progress: 40 })
const states = ['initialized', 'running', 'staged', 'publishing', 'published', 'failed', 'canceled'] as const
const actions = ['initialize', 'start', 'publish', 'cancel', 'get_status'] as const

/** What each action is answered in each state, `*` where it is done; a dot is a refusal. */
function answers(late: boolean) {
  const row = (action: TaskAction) =>
    [undefined, ...states].map(state => {
      try {
        const { answer, isNew } = decide(state && known(state), command(action), { late })
        return `${answer.state}${isNew ? '*' : ''}`
      } catch (error) {
        expect(error).toMatchObject({ status: 400 })
        return '.'
      }
    })
  return Object.fromEntries(actions.map(action => [action, row(action).join(' ')]))
}

describe('an action', () => {
  test('is done once, and answered the same however far the work has come', () => {
    expect(answers(false)).toEqual({
      initialize: 'initialized* initialized initialized initialized initialized initialized . .',
      start: '. running* running running running running . .',
      publish: '. . . publishing* publishing publishing . .',
      cancel: '. canceled* canceled* canceled* canceled* . . canceled',
      get_status: '. initialized running staged publishing published failed canceled',
    })
  })

  test('may come before others, and a cancel after all of them, where that is asked for', () => {
    expect(answers(true)).toEqual({
      ...answers(false),
      start: 'running* running* running running running running . .',
      cancel: 'canceled* canceled* canceled* canceled* canceled* canceled* canceled* canceled',
    })
  })

  test('of another release is refused', () => {
    const foreign = { ...command('start'), release_id: 'RE_00000002' }
    expect(() => decide(known('initialized'), foreign)).toThrow('belongs to the release RE_00000001')
  })
})

test.for<[TaskAction, TaskState, number]>([
  ['start', 'initialized', 0],
  ['start', 'staged', 0],
  ['cancel', 'running', 40],
  ['get_status', 'running', 40],
])('%s of a task that is %s is answered with a progress of %i', ([action, state, progress]) => {
  expect(decide(known(state), command(action)).answer.progress).toBe(progress)
})
