import { expect, test } from 'vitest'
import { type Action, receive, type TaskRecord, type TaskState } from './task-record.ts'

const ids = { task_id: 'TA_00000001', release_id: 'RE_00000001', studies: ['SD_00000001'] }
const command = (action: Action) => ({ action, ...ids })
const record = (state: TaskState): TaskRecord => ({ ...ids, state, progress: 40, answers: {} })

test.for<[Action, TaskState | undefined, TaskState]>([
  ['initialize', undefined, 'initialized'],
  ['start', 'initialized', 'running'],
  ['publish', 'staged', 'publishing'],
  ['cancel', 'initialized', 'canceled'],
  ['cancel', 'running', 'canceled'],
  ['cancel', 'staged', 'canceled'],
  ['cancel', 'publishing', 'canceled'],
])('%s of a task that is %s makes it %s', ([action, from, to]) => {
  const received = receive(from && record(from), command(action))
  expect(received.isNew).toBe(true)
  expect(received.record).toMatchObject({ ...ids, state: to })
  expect(received.answer).toEqual({ state: to, progress: action === 'cancel' ? 40 : 0 })
})

test.for<[Action, TaskState | undefined]>([
  ['initialize', 'running'],
  ['start', undefined],
  ['start', 'staged'],
  ['publish', 'running'],
  ['publish', undefined],
  ['cancel', undefined],
  ['cancel', 'published'],
  ['cancel', 'failed'],
  ['get_status', undefined],
])('%s of a task that is %s is refused', ([action, from]) => {
  expect(() => receive(from && record(from), command(action))).toThrow(expect.objectContaining({ code: 'refused' }))
})

test('a repeated command gets the first answer, whatever became of the task', () => {
  const first = receive(record('initialized'), command('start'))
  const later = { ...first.record, state: 'staged', progress: 100 } as const
  expect(receive(later, command('start'))).toEqual({
    record: later,
    answer: { state: 'running', progress: 0 },
    isNew: false,
  })
})

test('a question is answered with how it is and changes nothing', () => {
  const known = record('running')
  expect(receive(known, command('get_status'))).toEqual({
    record: known,
    answer: { state: 'running', progress: 40 },
    isNew: false,
  })
})

test('a task of another release is refused', () => {
  const foreign = { ...command('start'), release_id: 'RE_00000002' }
  expect(() => receive(record('initialized'), foreign)).toThrow('belongs to release RE_00000001')
})
