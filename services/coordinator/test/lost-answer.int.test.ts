import { releaseOperations } from '@slipway/contracts'
import { eventually, type ScriptedTaskService, scriptedTaskService } from '@slipway/testing'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { as, type RunningCoordinator, startCoordinator } from './start-coordinator.ts'

let coordinator: RunningCoordinator
const services: ScriptedTaskService[] = []

beforeAll(async () => {
  coordinator = await startCoordinator({ REQUEST_TIMEOUT: '6', TASK_POLL_SECONDS: '3600' })
})
afterAll(() => coordinator?.[Symbol.asyncDispose]())
afterEach(async () => {
  for (const service of [...coordinator.services]) await coordinator.remove(service)
  await Promise.all(services.splice(0).map(service => service[Symbol.asyncDispose]()))
})

/** One that takes every action once, as the real ones do. */
async function strictService(): Promise<ScriptedTaskService> {
  const service = await scriptedTaskService({ once: true })
  services.push(service)
  await coordinator.register(service.url)
  return service
}

/** Through staging to the end, where `action` is the one whose answer is lost. */
async function release(action: string): Promise<string> {
  const { kf_id } = await coordinator.startRelease()
  if (action !== 'publish') return kf_id
  await statusChecks(kf_id)
  await coordinator.reaches(kf_id, 'staged')
  await coordinator.bus.call(releaseOperations.publish, { kf_id }, as('admin'))
  return kf_id
}

/** The service reports nothing by itself: polls are asked for. */
async function statusChecks(kf_id: string): Promise<void> {
  await eventually(async () => (await coordinator.release(kf_id)).tasks[0]?.state === 'running')
  await coordinator.store.db.updateTable('task').set({ poll_at: new Date().toISOString() }).execute()
}

const actions = ['initialize', 'start', 'publish'] as const
const after = { initialize: 'initialized', start: 'staged', publish: 'published' } as const

describe('a service that refuses to do a thing twice', () => {
  it.each(
    actions.flatMap(action =>
      ([{ status: 502 }, { fault: 'reset' }, { fault: 'truncated' }] as const).map(step => [action, step] as const),
    ),
  )('and does %s, but whose answer is lost by %o, is believed', async (action, step) => {
    const service = await strictService()
    service.on(action, { ...step, obeys: true })
    const kf_id = await release(action)
    await eventually(async () => {
      const { state, tasks } = await coordinator.release(kf_id)
      if (action === 'initialize') expect(state).toBe('running')
      else expect(tasks[0]?.state).toBe(after[action])
    })
    expect(service.received(action)).toHaveLength(1)
    expect(service.received('get_status').length).toBeGreaterThan(0)
  })

  it.each(actions)('and has not done %s is asked again', async action => {
    const service = await strictService()
    service.on(action, { status: 503 }, {})
    const kf_id = await release(action)
    await eventually(async () => {
      const { tasks } = await coordinator.release(kf_id)
      expect(service.received(action)).toHaveLength(2)
      expect(tasks[0]?.state).not.toBe('waiting')
    })
    const { state } = await coordinator.release(kf_id)
    expect(state).not.toBe('failed')
  })

  it('and whose task has failed meanwhile is believed, too', async () => {
    const service = await strictService()
    service.on('start', { fault: 'reset', obeys: true })
    service.on('get_status', { body: { state: 'failed', message: 'disk full' } })
    const { kf_id } = await coordinator.startRelease()
    const { tasks } = await coordinator.reaches(kf_id, 'failed')
    expect(tasks[0]?.state).toBe('failed')
    expect(service.received('start')).toHaveLength(1)
    expect(service.received('cancel')).toEqual([])
  })

  it('that cannot be asked how it is counts as lost after the usual tries', async () => {
    const service = await strictService()
    service.on('start', { status: 504 })
    service.on('get_status', { status: 504, body: 'upstream timed out' })
    const { kf_id } = await coordinator.startRelease()
    const { tasks } = await coordinator.reaches(kf_id, 'failed')
    expect(service.received('start')).toHaveLength(1)
    expect(service.received('get_status')).toHaveLength(2)
    const row = await coordinator.store.db
      .selectFrom('task')
      .select('fault')
      .where('kf_id', '=', tasks[0]?.kf_id ?? '')
    expect((await row.executeTakeFirst())?.fault).toMatchObject({ status: 504, answer: 'upstream timed out' })
  })

  it('is asked how it is by a coordinator that takes over what another one has sent', async () => {
    const service = await strictService()
    service.on('start', { fault: 'silent', obeys: true })
    const { kf_id } = await coordinator.startRelease()
    await eventually(() => service.received('start').length === 1)
    await coordinator.stopReplicas()
    await coordinator.replica()
    await eventually(async () => (await coordinator.release(kf_id)).tasks[0]?.state === 'staged')
    expect(service.received('start')).toHaveLength(1)
  })
})

describe('a service on the bus that is slow, and refuses to do a thing twice', () => {
  it('is not taken at the word of that refusal', async () => {
    const subject = 'task-service.slow'
    const done = new Set<string>()
    const slow = Promise.withResolvers<void>()
    await coordinator.bus.serveRaw(`${subject}.tasks`, subject, async bytes => {
      const { action, task_id } = JSON.parse(Buffer.from(bytes).toString('utf8')) as { action: string; task_id: string }
      if (action === 'get_status') return { body: { task_id, state: 'initialized' } }
      if (done.has(action)) {
        slow.resolve()
        return { body: { message: 'twice' }, status: 400 }
      }
      done.add(action)
      if (action === 'start') await slow.promise
      return { body: { task_id, ...(action === 'start' && { state: 'running' }) } }
    })
    await coordinator.register(`nats://${subject}`)
    const { kf_id } = await coordinator.startRelease()
    await eventually(async () => (await coordinator.release(kf_id)).tasks[0]?.state === 'running')
  })
})
