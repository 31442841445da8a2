import { type ReleaseState, releaseOperations, taskOperations } from '@slipway/contracts'
import { eventually, type ScriptedTaskService, scriptedTaskService } from '@slipway/testing'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { as, type RunningCoordinator, startCoordinator } from './start-coordinator.ts'

let coordinator: RunningCoordinator
const services: ScriptedTaskService[] = []

beforeAll(async () => {
  coordinator = await startCoordinator({ REQUEST_TIMEOUT: '60', TASK_POLL_SECONDS: '0.2' })
  await coordinator.replica()
})
afterAll(() => coordinator?.[Symbol.asyncDispose]())
afterEach(async () => {
  for (const service of [...coordinator.services]) await coordinator.remove(service)
  await Promise.all(services.splice(0).map(service => service[Symbol.asyncDispose]()))
})

async function participant(options?: Parameters<typeof scriptedTaskService>[0]): Promise<ScriptedTaskService> {
  const service = await scriptedTaskService(options)
  services.push(service)
  await coordinator.register(service.url)
  return service
}

type Request = { readonly action: string; readonly task_id: string }

/** A participant on the bus that answers everything after a moment; returns what it receives. */
async function busParticipant(): Promise<Request[]> {
  const subject = `task-service.last-${coordinator.services.length}`
  const received: Request[] = []
  await coordinator.bus.serveRaw(`${subject}.tasks`, subject, async bytes => {
    const request = JSON.parse(Buffer.from(bytes).toString('utf8')) as Request
    received.push(request)
    const state = { start: 'running', publish: 'publishing' }[request.action]
    return { body: { task_id: request.task_id, ...(state && { state }) } }
  })
  await coordinator.register(`nats://${subject}`)
  return received
}

/** What a service was asked about a task after it had been asked to cancel it. */
function afterCancel(received: readonly Request[]): string[] {
  const canceled = new Set<string>()
  return received.flatMap(({ action, task_id }) => {
    if (action === 'cancel') canceled.add(task_id)
    return canceled.has(task_id) && action !== 'cancel' ? [`${action} ${task_id}`] : []
  })
}
const asRequests = (service: ScriptedTaskService): Request[] =>
  service.requests.map(({ action, taskId }) => ({ action, task_id: taskId ?? '' }))

const cancel = (kf_id: string) => coordinator.bus.call(releaseOperations.cancel, { kf_id }, as('admin'))
const publish = (kf_id: string) => coordinator.bus.call(releaseOperations.publish, { kf_id }, as('admin'))

async function allReach(ids: readonly string[], state: ReleaseState): Promise<void> {
  await eventually(async () => {
    const rows = await coordinator.store.db.selectFrom('release').select('kf_id').where('state', '=', state).execute()
    const there = new Set(rows.map(row => row.kf_id))
    return ids.every(id => there.has(id))
  })
}

async function startReleases(count: number): Promise<string[]> {
  await coordinator.addStudies('SD_AAAAAAAA')
  const made = await Promise.all(Array.from({ length: count }, () => coordinator.startRelease()))
  return made.map(({ kf_id }) => kf_id)
}

describe('a cancel is the last that a task hears', () => {
  it('of many releases that are published and canceled at once', async () => {
    const web = await participant()
    web.on('publish', { delayMs: 20 })
    const onBus = await busParticipant()
    const ids = await startReleases(60)
    // The participant on the bus works until it is asked again: a release is staged by its own report.
    await eventually(async () => {
      const tasks = await coordinator.store.db
        .selectFrom('task')
        .select('kf_id')
        .where('release', 'in', ids)
        .where('state', '=', 'staged')
        .execute()
      return tasks.length >= ids.length
    })
    await stageOnBus(ids)
    await allReach(ids, 'staged')
    await Promise.all(ids.map(id => publish(id).then(() => cancel(id))))
    await allReach(ids, 'canceled')
    expect(onBus.filter(({ action }) => action === 'cancel').length).toBe(ids.length)
    expect([...afterCancel(asRequests(web)), ...afterCancel(onBus)]).toEqual([])
  })

  it('of releases that are canceled while they begin', async () => {
    const web = await participant({ finishes: false })
    web.on('initialize', { delayMs: 10 }, { delayMs: 40 }, {})
    const onBus = await busParticipant()
    const ids = await startReleases(60)
    await Promise.all(ids.map(cancel))
    await allReach(ids, 'canceled')
    expect([...afterCancel(asRequests(web)), ...afterCancel(onBus)]).toEqual([])
  })

  it('but waits only a few seconds for a request or a poll that hangs', async () => {
    const [hangsAtStart, hangsAtPoll] = [await participant(), await participant({ finishes: false })]
    hangsAtStart.on('start', { fault: 'silent' })
    hangsAtPoll.on('get_status', { fault: 'silent' })
    const { kf_id } = await coordinator.startRelease()
    await eventually(() => hangsAtStart.received('start').length === 1)
    await eventually(() => hangsAtPoll.received('get_status').length === 1)
    await cancel(kf_id)
    await coordinator.reaches(kf_id, 'canceled')
    const actions = (service: ScriptedTaskService) => service.requests.map(({ action }) => action)
    expect(actions(hangsAtStart)).toEqual(['initialize', 'start', 'cancel'])
    expect(actions(hangsAtPoll)).toEqual(['initialize', 'start', 'get_status', 'cancel'])
  })
})

async function stageOnBus(ids: readonly string[]): Promise<void> {
  const tasks = await coordinator.store.db
    .selectFrom('task')
    .select(['kf_id'])
    .where('release', 'in', ids)
    .where('state', '=', 'running')
    .execute()
  const body = { state: 'staged' as const }
  await Promise.all(
    tasks.map(({ kf_id }) => coordinator.bus.call(taskOperations.update, { kf_id, body }, as('machine'))),
  )
}
