import { logEventOperations, platformTaskOperations, releaseOperations, taskOperations } from '@slipway/contracts'
import { eventually, type ScriptedTaskService, scriptedTaskService } from '@slipway/testing'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { as, type RunningCoordinator, startCoordinator, type TaskService } from './start-coordinator.ts'

let coordinator: RunningCoordinator
const participants: ScriptedTaskService[] = []

beforeAll(async () => {
  coordinator = await startCoordinator({ REQUEST_TIMEOUT: '1', TASK_POLL_TRIES: '2' })
})
afterAll(() => coordinator?.[Symbol.asyncDispose]())
afterEach(async () => {
  for (const service of [...coordinator.services]) await coordinator.remove(service)
  await Promise.all(participants.splice(0).map(participant => participant[Symbol.asyncDispose]()))
})

async function participant(options?: Parameters<typeof scriptedTaskService>[0]) {
  const service = await scriptedTaskService(options)
  participants.push(service)
  return Object.assign(service, { registered: await coordinator.register(service.url) })
}

async function errors(release: string): Promise<string[]> {
  const page = await coordinator.bus.call(logEventOperations.list, { release, limit: 1000 }, as('nobody'))
  return page.results.filter(event => event.event_type === 'error').map(event => event.message)
}

async function faultOf(task: string | undefined) {
  const row = await coordinator.store.db
    .selectFrom('task')
    .select('fault')
    .where('kf_id', '=', task ?? '')
    .executeTakeFirst()
  return row?.fault
}

const runningTask = (release: string) =>
  eventually(async () => {
    const task = (await coordinator.release(release)).tasks.find(({ state }) => state === 'running')
    if (!task) throw new Error('no task is running yet')
    return task.kf_id
  })

describe('a task service that misbehaves', () => {
  it.each([
    ['initialize', { status: 404 }, 'rejected'],
    ['initialize', { fault: 'redirect' }, 'rejected'],
    ['initialize', { fault: 'silent' }, 'rejected'],
    ['initialize', { fault: 'huge' }, 'rejected'],
    ['start', { status: 500 }, 'failed'],
    ['start', { says: { state: 'staged' } }, 'failed'],
    ['start', { fault: 'reset' }, 'failed'],
    ['start', { fault: 'truncated' }, 'failed'],
  ] as const)('at %s by %o fails the release', async (action, step, state) => {
    const service = await participant()
    const sister = await participant({ finishes: false })
    service.on(action, step)
    const { kf_id } = await coordinator.startRelease()
    const { tasks } = await coordinator.reaches(kf_id, 'failed')
    const mine = tasks.find(task => task.task_service?.endsWith(service.registered.kf_id))
    expect(mine?.state).toBe(state)
    expect(tasks.find(task => task !== mine)?.state).toBe('canceled')
    expect(service.received('cancel'), 'a task that failed is not canceled on top').toEqual([])
    expect(sister.received('cancel')).toHaveLength(1)
  })

  it('at publish fails the release, and says why', async () => {
    const service = await participant()
    service.on('publish', { status: 409, body: '{"error":\n "the bucket is\u0000 full"}' })
    const { kf_id } = await coordinator.startRelease()
    await coordinator.reaches(kf_id, 'staged')
    await coordinator.bus.call(releaseOperations.publish, { kf_id }, as('admin'))
    const { tasks, version } = await coordinator.reaches(kf_id, 'failed')
    expect(await errors(kf_id)).toEqual([
      `release ${kf_id}, version ${version} changed from canceling to failed`,
      `task ${tasks[0]?.kf_id} changed from staged to failed`,
      'request to publish task failed: answer with status 409: {"error": "the bucket is\ufffd full"}',
    ])
    const answered = { status: 409, answer: '{"error":\n "the bucket is\ufffd full"}' }
    expect(await faultOf(tasks[0]?.kf_id)).toEqual({ reason: 'answer with status 409', ...answered })
  })

  it.each([
    ['initialize', { status: 400, body: 'unknown study' }, 'answer with status 400: unknown study'],
    ['start', { body: '{"state":"staged"}' }, 'answer with state staged instead of running: {"state":"staged"}'],
  ] as const)('at %s says why in the log, on the task and in its output', async (action, step, why) => {
    const service = await participant()
    service.on(action, step)
    const { kf_id } = await coordinator.startRelease()
    const { tasks } = await coordinator.reaches(kf_id, 'failed')
    const [task] = tasks
    expect(await errors(kf_id)).toContain(`request to ${action} task failed: ${why}`)
    expect(await faultOf(task?.kf_id)).toMatchObject({ answer: step.body })
    const output = await coordinator.bus.call(platformTaskOperations.output, { id: task?.kf_id ?? '' }, as('admin'))
    expect(output.errors[0]?.stack[0]?.message).toContain(why)
  })

  it('fails its release by way of canceling, after the fault and before the task', async () => {
    const service = await participant()
    service.on('start', { status: 400 })
    const { kf_id } = await coordinator.startRelease()
    await coordinator.reaches(kf_id, 'failed')
    const page = await coordinator.bus.call(logEventOperations.list, { release: kf_id, limit: 1000 }, as('nobody'))
    const words = page.results.map(({ message }) => message.split(' ').slice(-4).join(' ')).reverse()
    expect(words.slice(-3)).toEqual([
      'from running to canceling',
      'from initialized to failed',
      'from canceling to failed',
    ])
    expect(page.results[3]?.message).toMatch(/^request to start task failed: answer with status 400/)
  })

  it('by answering nothing at all to initialize is not waited for twice, and its empty answer counts', async () => {
    const empty = await participant()
    empty.on('initialize', { fault: 'empty' })
    const { kf_id } = await coordinator.startRelease()
    await coordinator.reaches(kf_id, 'staged')
    expect(empty.received('initialize')).toHaveLength(1)
  })

  it('that cannot be reached for a moment is asked again with the same key', async () => {
    const service = await participant()
    service.on('start', { status: 503 }, {})
    const { kf_id } = await coordinator.startRelease()
    await coordinator.reaches(kf_id, 'staged')
    const keys = service.received('start').map(request => request.headers['idempotency-key'])
    expect(keys).toHaveLength(2)
    expect(new Set(keys).size).toBe(1)
  })

  it('that refuses connections is refused after a few tries, with the reason in the log', async () => {
    const service = await participant()
    await service.refuse()
    const { kf_id } = await coordinator.startRelease()
    await coordinator.reaches(kf_id, 'failed')
    expect(
      (await errors(kf_id)).some(message => /^request to initialize task failed: .*ECONNREFUSED/.test(message)),
    ).toBe(true)
  })

  it('that is gone when its task is canceled does not hold up the release', async () => {
    const service = await participant({ finishes: false })
    const { kf_id } = await coordinator.startRelease()
    await runningTask(kf_id)
    await service.refuse()
    await coordinator.bus.call(releaseOperations.cancel, { kf_id }, as('admin'))
    const { tasks } = await coordinator.reaches(kf_id, 'canceled')
    expect(tasks[0]?.state).toBe('canceled')
    expect((await errors(kf_id)).some(message => message.startsWith('request to cancel task failed:'))).toBe(true)
  })

  it('that dies while it works is given up after failed polls', async () => {
    const service = await participant({ finishes: false })
    const { kf_id } = await coordinator.startRelease()
    await runningTask(kf_id)
    await service.refuse()
    const { tasks } = await coordinator.reaches(kf_id, 'failed')
    expect(tasks[0]?.state).toBe('failed')
  })

  it('that does not know its task any more is given up at once', async () => {
    const service = await participant({ finishes: false })
    service.on('get_status', { status: 404 })
    const { kf_id } = await coordinator.startRelease()
    await coordinator.reaches(kf_id, 'failed')
    expect(service.received('get_status')).toHaveLength(1)
    expect(service.received('cancel')).toEqual([])
  })

  it('that tells by poll that it failed is not canceled on top', async () => {
    const service = await participant({ finishes: false })
    service.on('get_status', { says: { state: 'failed', progress: '30%' } })
    const { kf_id } = await coordinator.startRelease()
    const { tasks } = await coordinator.reaches(kf_id, 'failed')
    expect(tasks[0]).toMatchObject({ state: 'failed', progress: 30 })
    expect(service.received('cancel')).toEqual([])
  })

  it('is deleted while others wait for it: its task fails, then the release, and the log loses the reference', async () => {
    const doomed = await participant({ finishes: false })
    const sister = await participant({ finishes: false })
    const { kf_id } = await coordinator.startRelease()
    await runningTask(kf_id)
    await coordinator.remove(doomed.registered)
    await coordinator.reaches(kf_id, 'failed')
    expect(sister.received('cancel')).toHaveLength(1)
    await eventually(async () => (await coordinator.release(kf_id)).tasks.length === 1)
    const gone = { task_service: doomed.registered.kf_id }
    await eventually(async () => (await coordinator.bus.call(logEventOperations.list, gone, as('nobody'))).count === 0)
    await expect(coordinator.bus.call(taskOperations.list, gone, as('nobody'))).rejects.toMatchObject({
      code: 'invalid',
    })
  })
})

describe('a report that comes early', () => {
  it.each(['start', 'publish'] as const)('before the answer to %s is not overwritten', async action => {
    const service = await participant({ finishes: false })
    const state = action === 'start' ? 'staged' : 'published'
    service.on('start', { delayMs: 300 })
    const { kf_id } = await coordinator.startRelease()
    const reportDuring = async (during: 'start' | 'publish') => {
      const task = await eventually(async () => {
        const [request] = service.received(during)
        if (!request?.taskId) throw new Error(`no ${during} yet`)
        return request.taskId
      })
      const body = { state: during === 'start' ? ('staged' as const) : ('published' as const) }
      await coordinator.bus.call(taskOperations.update, { kf_id: task, body }, as('machine'))
    }
    await reportDuring('start')
    if (action === 'publish') {
      await coordinator.reaches(kf_id, 'staged')
      service.on('publish', { delayMs: 300 })
      await coordinator.bus.call(releaseOperations.publish, { kf_id }, as('admin'))
      await reportDuring('publish')
    }
    const { tasks } = await coordinator.reaches(kf_id, state)
    expect(tasks.map(task => task.state)).toEqual([state])
  })
})

describe('time limits', () => {
  let limited: RunningCoordinator
  let service: ScriptedTaskService
  let registered: TaskService
  beforeAll(async () => {
    service = await scriptedTaskService({ finishes: false })
  })
  afterAll(() => service[Symbol.asyncDispose]())

  it.each([
    [{ TASK_TIMEOUT: '2' }, 'canceled'],
    [{ RELEASE_TIMEOUT: '2' }, 'canceled'],
    [{ TASK_SILENCE_TIMEOUT: '2', TASK_POLL_SECONDS: '3600' }, 'canceled'],
  ] as const)('%o: the release is %s', async (env, state) => {
    limited = await startCoordinator(env)
    await using running = limited
    registered = await running.register(service.url)
    const { kf_id } = await running.startRelease()
    const { tasks } = await running.reaches(kf_id, state)
    expect(tasks[0]?.state).toBe('canceled')
    expect(service.received('cancel', tasks[0]?.kf_id)).toHaveLength(1)
    const row = await running.store.db.selectFrom('task').select('cancel_reason').executeTakeFirst()
    expect(row?.cancel_reason).toBe('timeout')
    expect(registered.enabled).toBe(true)
  })
})
