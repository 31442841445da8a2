import { describe, expect, it } from 'vitest'
import { jobKinds } from './job-kinds.ts'
import { foldChanges, type TaskChange, taskChangeOf } from './task-change.ts'

const event = (noun: string, verb: string, aggregate: string, data: object = {}) =>
  taskChangeOf({ noun, verb, aggregate, actor: 'ada', data })

describe('an event of a job', () => {
  it('is read by the row of its kind', () => {
    expect(event('export', 'queued', 'EX_00000000', { source_url: '/orgs/O/sources/S/', version: 'v1' })).toMatchObject(
      {
        id: 'EX_00000000',
        begins: true,
        name: 'Export S/v1',
        application: 'slipway/exporter',
        created_by: 'ada',
        status: 'QUEUED',
        started: false,
        ended: false,
      },
    )
    expect(event('release', 'created', 'RE_00000000', { name: 'Spring', author: 'bob' })).toMatchObject({
      name: 'Release Spring',
      created_by: 'bob',
      owner: 'ada',
      status: 'CREATED',
    })
  })

  it.each([
    ['fault', 'BLOCKED_BY_DEPENDENCY_FAILURE'],
    ['request', 'KILLED'],
    ['timeout', 'KILLED'],
    ['report', 'KILLED'],
  ])('says of a task that was canceled for %s: %s', (cancel_reason, status) => {
    const change = event('task', 'canceled', 'TA_00000000', { state: 'canceled', cancel_reason })
    expect(change).toMatchObject({ status, ended: true, result: null })
    expect(change?.errors).toHaveLength(1)
  })

  it('that waits for a person is under way, not done', () => {
    for (const [noun, id] of [
      ['release', 'RE_00000000'],
      ['task', 'TA_00000000'],
    ] as const) {
      expect(event(noun, 'staged', id)).toMatchObject({ status: 'RUNNING', ended: false })
    }
  })

  it('of something else is none', () => {
    expect(event('study', 'created', 'SD_00000000')).toBeUndefined()
    expect(event('release', 'updated', 'RE_00000000')).toBeUndefined()
    expect(event('export', 'queued', 'not-a-job')).toBeUndefined()
    expect(event('export', 'toString', 'EX_00000000')).toBeUndefined()
  })

  it('has a row of its own: no two kinds share a noun or a prefix', () => {
    expect(new Set(jobKinds.map(({ noun }) => noun)).size).toBe(jobKinds.length)
    expect(new Set(jobKinds.map(({ prefix }) => prefix)).size).toBe(jobKinds.length)
  })
})

describe('changes of one transaction', () => {
  const change = (verb: string, state = verb) => event('task', verb, 'TA_00000000', { state }) as TaskChange

  it('are one change: how far the task got, and that it had begun', () => {
    const [one, ...others] = foldChanges([change('created', 'waiting'), change('running'), change('failed')])
    expect(others).toEqual([])
    expect(one).toMatchObject({ begins: true, status: 'FAILED', started: true, ended: true })
  })

  it('never lead back, nor out of the end', () => {
    expect(foldChanges([change('running'), change('initialized')])[0]).toMatchObject({ status: 'RUNNING' })
    expect(foldChanges([change('published'), change('failed')])[0]).toMatchObject({ status: 'DONE', errors: null })
  })
})
