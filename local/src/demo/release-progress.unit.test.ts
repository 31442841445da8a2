import { expect, test } from 'vitest'
import { changes, fromRecord, type ReleaseRecord, withEvent, withRecord } from './release-progress.ts'

const record: ReleaseRecord = {
  kf_id: 'RE_00000001',
  name: 'Demo',
  state: 'running',
  version: '0.0.1',
  tasks: [{ kf_id: 'TA_00000001', service_name: 'review', state: 'running', progress: 30 }],
}
const known = fromRecord(record)
const taskEvent = (state: string, progress: number, more: object = {}) => ({
  release_id: 'RE_00000001',
  task_id: 'TA_00000001',
  service_name: 'review',
  state,
  progress,
  ...more,
})

test('events move tasks and the release forward', () => {
  const progressed = withEvent(known, 'task.progressed', taskEvent('running', 55))
  expect(progressed.tasks).toEqual([{ id: 'TA_00000001', service: 'review', state: 'running', progress: 55 }])
  const more = withEvent(
    progressed,
    'task.waiting',
    taskEvent('waiting', 0, { task_id: 'TA_00000002', service_name: 'x' }),
  )
  expect(more.tasks.map(task => task.id)).toEqual(['TA_00000001', 'TA_00000002'])
  const published = withEvent(more, 'release.published', {
    release_id: 'RE_00000001',
    state: 'published',
    version: '0.1.0',
  })
  expect(published).toMatchObject({ state: 'published', version: '0.1.0' })
})

test.for([
  ['an earlier state of a task', 'task.initialized', taskEvent('initialized', 0)],
  ['what is known already', 'task.progressed', taskEvent('running', 30)],
  ['an earlier state of the release', 'release.initializing', { release_id: 'RE_00000001', state: 'initializing' }],
  ['another release', 'release.failed', { release_id: 'RE_00000002', state: 'failed' }],
  ['a task of another release', 'task.failed', taskEvent('failed', 0, { release_id: 'RE_00000002' })],
  ['no object', 'task.failed', null],
  ['another kind of event', 'study.synced', { release_id: 'RE_00000001', state: 'failed' }],
] as const)('%s changes nothing', ([, event, data]) => {
  expect(withEvent(known, event, data)).toBe(known)
})

test('what has ended stays as it ended', () => {
  const failed = withEvent(withEvent(known, 'task.failed', taskEvent('failed', 30)), 'release.failed', {
    release_id: 'RE_00000001',
    state: 'failed',
  })
  expect(withEvent(failed, 'task.canceled', taskEvent('canceled', 100)).tasks[0]?.state).toBe('failed')
  expect(withEvent(failed, 'release.canceled', { release_id: 'RE_00000001', state: 'canceled' }).state).toBe('failed')
  expect(withRecord(failed, record)).toEqual(failed)
})

test('publishing counts from nothing, whatever was on record', () => {
  const staged = withEvent(known, 'task.staged', taskEvent('staged', 100))
  const publishing = withEvent(staged, 'task.publishing', taskEvent('publishing', 100))
  expect(publishing.tasks[0]).toMatchObject({ state: 'publishing', progress: 0 })
  expect(withEvent(publishing, 'task.progressed', taskEvent('publishing', 30)).tasks[0]).toMatchObject({ progress: 30 })
})

test('what was looked up fills gaps and takes nothing back', () => {
  const ahead = withEvent(known, 'task.staged', taskEvent('staged', 100))
  const found = {
    ...record,
    state: 'staged',
    tasks: [...record.tasks, { kf_id: 'TA_00000009', service_name: 'sums', state: 'staged', progress: 100 }],
  }
  const merged = withRecord(ahead, found)
  expect(merged.state).toBe('staged')
  expect(withRecord(withEvent(known, 'task.progressed', taskEvent('running', 55)), record).tasks[0]?.progress).toBe(55)
  expect(merged.tasks.map(task => [task.id, task.state])).toEqual([
    ['TA_00000001', 'staged'],
    ['TA_00000009', 'staged'],
  ])
})

test('changes are told a line each', () => {
  expect(changes(undefined, known)).toEqual([
    'task TA_00000001 review running 30 %',
    'release RE_00000001 running 0.0.1',
  ])
  expect(changes(known, withEvent(known, 'task.progressed', taskEvent('running', 40)))).toEqual([
    'task TA_00000001 review running 40 %',
  ])
  expect(changes(known, known)).toEqual([])
  const staged = withEvent(known, 'task.staged', taskEvent('staged', 95))
  expect(changes(known, staged)).toEqual(['task TA_00000001 review staged'])
  expect(changes(staged, withEvent(staged, 'task.progressed', taskEvent('staged', 100)))).toEqual([])
})
