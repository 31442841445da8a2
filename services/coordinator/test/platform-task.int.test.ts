import { randomUUID } from 'node:crypto'
import type { OperationHandler } from '@slipway/bus'
import { type EventEnvelope, exportEvents, platformTaskOperations, serviceOperations } from '@slipway/contracts'
import type { Statement } from '@slipway/store'
import { eventually, identityToken } from '@slipway/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JobKindName } from '../src/job/job.ts'
import { insertJob } from '../src/job/new-job.store.ts'
import { purgeTasks } from '../src/platform-task/platform-task.store.ts'
import { type RunningCoordinator, startCoordinator } from './start-coordinator.ts'

let coordinator: RunningCoordinator
/** What the exporter would answer of its jobs. */
const recorded = new Map<string, EventEnvelope[]>()

const call = { identity: identityToken('ada', { permissions: ['ACCESS_ALL_DATA'] }), timeoutMs: 20_000 }
const read = (id: string) => coordinator.bus.call(platformTaskOperations.get, { id }, call)
const output = (id: string) => coordinator.bus.call(platformTaskOperations.output, { id }, call)

beforeAll(async () => {
  coordinator = await startCoordinator({ JOB_LEASE_SECONDS: '1' })
  // It asks nobody who he is: that is for the real one.
  const exporter: OperationHandler = {
    operation: serviceOperations('exporter').recorded,
    async handle(input) {
      const { noun, aggregate } = input as { readonly noun: string; readonly aggregate: string }
      return { body: { events: noun === 'export' ? (recorded.get(aggregate) ?? []) : [] } }
    },
  }
  await coordinator.bus.serve([exporter], { queue: 'exporter' })
})
afterAll(() => coordinator?.[Symbol.asyncDispose]())

const data = { version_url: '/orgs/O/sources/S/v1/', version: 'v1', source_url: '/orgs/O/sources/S/' }

function exportEvent(verb: keyof typeof exportEvents, id: string, time: string, more: object = {}): EventEnvelope {
  return {
    specversion: '1.0',
    id: randomUUID(),
    source: '/slipway/exporter',
    type: exportEvents[verb].type,
    subject: id,
    time,
    datacontenttype: 'application/json',
    sequence: 1,
    actor: verb === 'queued' ? 'ada' : 'system',
    data: { ...data, task_id: id, ...more },
  }
}

const tell = (verb: keyof typeof exportEvents, id: string, time: string, more: object = {}) =>
  coordinator.bus.publishEvent(exportEvents[verb], exportEvent(verb, id, time, more))

async function reaches(id: string, status: string) {
  return eventually(async () => {
    const task = await read(id)
    if (task.status !== status) throw new Error(`${id} is ${task.status}`)
    return task
  })
}

describe('a job of another service', () => {
  it('is followed by its events, with their times, and stays as it ended', async () => {
    const id = 'EX_00000001'
    await tell('queued', id, '2026-11-21T10:00:00.000000Z')
    expect(await reaches(id, 'QUEUED')).toMatchObject({ startedAt: null, endedAt: null, createdBy: 'ada' })
    await tell('started', id, '2026-11-21T10:00:01.500000Z')
    await reaches(id, 'RUNNING')
    await tell('ready', id, '2026-11-21T10:00:03.250999Z', { size: 3, sha256: 'abc' })
    const ended = await reaches(id, 'DONE')
    expect(ended).toEqual({
      id,
      name: 'Export S/v1',
      status: 'DONE',
      application: 'slipway/exporter',
      startedAt: Date.parse('2026-11-21T10:00:01.500Z'),
      endedAt: Date.parse('2026-11-21T10:00:03.250Z'),
      createdBy: 'ada',
    })
    await tell('deleted', id, '2026-11-21T10:00:04.000000Z')
    await tell('queued', id, '2026-11-21T10:00:05.000000Z')
    // Events of one filter are in order: once this one is known, those before it have been handled.
    await tell('queued', 'EX_00000002', '2026-11-21T10:00:06.000000Z')
    await reaches('EX_00000002', 'QUEUED')
    expect(await read(id)).toEqual(ended)
    expect((await output(id)).result).toEqual({ versionUrl: data.version_url, size: 3, sha256: 'abc' })
  })

  it('that never started ends without a start', async () => {
    const id = 'EX_00000003'
    await tell('queued', id, '2026-11-21T10:00:00.000000Z')
    await tell('failed', id, '2026-11-21T10:00:02.000000Z', { error: 'the disk is full' })
    expect(await reaches(id, 'FAILED')).toMatchObject({ startedAt: null, endedAt: Date.parse('2026-11-21T10:00:02Z') })
    expect(await output(id)).toMatchObject({ result: null, errors: [{ stack: [{ message: 'the disk is full' }] }] })
  })

  it('is asked for where its events have not come yet', async () => {
    const id = 'EX_00000004'
    await expect(read(id)).rejects.toMatchObject({ code: 'not_found' })
    recorded.set(id, [exportEvent('queued', id, '2026-11-21T10:00:00.000000Z')])
    expect(await read(id)).toMatchObject({ id, status: 'QUEUED' })
  })

  it('cannot be denied while its service is away', async () => {
    await expect(read('NT_00000000')).rejects.toMatchObject({ code: 'unavailable' })
    await expect(read('RE_00000000')).rejects.toMatchObject({ code: 'not_found' })
    await expect(read('nt_00000000')).rejects.toMatchObject({ code: 'not_found' })
  })
})

describe('a job of the coordinator', () => {
  const job = (kind: JobKindName, leaseSeconds: number) => ({
    kind,
    input: { message: 'x' },
    actor: 'ada',
    traceparent: undefined,
    leaseSeconds,
  })

  it('whose caller waits fails with its process', async () => {
    const { id } = await insertJob(coordinator.store, job('study-mirror', 0.2), async () => {})
    expect(await read(id)).toMatchObject({ status: 'RUNNING', name: 'Mirror studies' })
    await reaches(id, 'FAILED')
    expect((await output(id)).errors[0]?.stack[0]?.message).toBe('The process that ran it has ended.')
  })

  it('is given up when every process that ran it has died', async () => {
    const exhausted: Statement = { name: 'test-exhausted', text: 'update job set deaths = 10 where id = $1' }
    const { id } = await insertJob(coordinator.store, job('publish-all', 1), async (tx, made) => {
      await tx.query(exhausted, [made.id])
    })
    await reaches(id, 'FAILED')
    expect((await output(id)).errors[0]?.stack[0]?.message).toBe('Every process that ran it has died.')
  })

  it('is stopped at once while nobody runs it', async () => {
    const first = await insertJob(coordinator.store, job('publish-all', 5), async () => {})
    const { lease: _lease, ...waiting } = await insertJob(
      coordinator.store,
      { kind: 'publish-all', input: { message: 'x' }, actor: 'ada', traceparent: undefined },
      async () => {},
    )
    await reaches(waiting.id, 'QUEUED')
    const stopped = await coordinator.bus.call(platformTaskOperations.stop, { id: waiting.id }, call)
    expect(stopped).toMatchObject({ status: 'KILLED', startedAt: null, endedAt: expect.any(Number) })
    // The one that its process has left behind is gone on with.
    await reaches(first.id, 'DONE')
    // The death of its process uses up no try, but a second run was needed.
    expect((await output(first.id)).attempt).toBe(2)
  })
})

it('a task is forgotten when its time is over', async () => {
  const id = 'EX_00000005'
  await tell('queued', id, '2026-11-21T10:00:00.000000Z')
  await tell('ready', id, '2026-11-21T10:00:01.000000Z', { size: 1, sha256: 'a' })
  await reaches(id, 'DONE')
  const age: Statement = {
    name: 'test-age',
    text: `update platform_task set expires_at = clock_timestamp() - interval '1 second' where id = $1`,
  }
  await coordinator.store.write(age, [id])
  await expect(read(id)).rejects.toMatchObject({ code: 'not_found' })
  expect(await purgeTasks(coordinator.store)).toBe(1)
})
