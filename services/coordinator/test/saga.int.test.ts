import { logEventOperations, releaseOperations, taskOperations } from '@slipway/contracts'
import { eventually, type ScriptedTaskService, scriptedTaskService } from '@slipway/testing'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { as, type RunningCoordinator, startCoordinator } from './start-coordinator.ts'

let coordinator: RunningCoordinator
const participants: ScriptedTaskService[] = []

beforeAll(async () => {
  coordinator = await startCoordinator()
})
afterAll(() => coordinator?.[Symbol.asyncDispose]())
afterEach(async () => {
  for (const service of [...coordinator.services]) await coordinator.remove(service)
  await Promise.all(participants.splice(0).map(participant => participant[Symbol.asyncDispose]()))
})

async function participant(options?: Parameters<typeof scriptedTaskService>[0]): Promise<ScriptedTaskService> {
  const service = await scriptedTaskService(options)
  participants.push(service)
  await coordinator.register(service.url)
  return service
}

async function messages(release: string): Promise<string[]> {
  const page = await coordinator.bus.call(logEventOperations.list, { release, limit: 1000 }, as('nobody'))
  return page.results.map(event => event.message).reverse()
}

describe('a release', () => {
  it('goes from waiting to published through all task services', async () => {
    const [one, two] = [await participant(), await participant()]
    const { kf_id, state, version } = await coordinator.startRelease()
    expect(state).toBe('waiting')

    const staged = await coordinator.reaches(kf_id, 'staged')
    expect(staged.tasks.map(task => task.state)).toEqual(['staged', 'staged'])
    expect(staged.version).toBe(version)
    const answer = await coordinator.bus.call(releaseOperations.publish, { kf_id }, as('admin'))
    expect(answer).toEqual({ message: 'publishing' })
    const published = await coordinator.reaches(kf_id, 'published')

    expect(published.version).not.toBe(version)
    expect(published.tasks.map(task => task.state)).toEqual(['published', 'published'])
    for (const service of [one, two]) {
      const actions = service.requests.map(request => request.action).filter(action => action !== 'get_status')
      expect(actions).toEqual(['initialize', 'start', 'publish'])
      expect(service.received('start')[0]?.body).toEqual({
        action: 'start',
        task_id: staged.tasks.find(task => service.stateOf(task.kf_id))?.kf_id,
        release_id: kf_id,
        studies: ['SD_AAAAAAAA'],
      })
    }
    const log = await messages(kf_id)
    expect(log.filter(message => message.startsWith('release'))).toEqual([
      `release ${kf_id}, version ${version} changed from waiting to initializing`,
      `release ${kf_id}, version ${version} changed from initializing to running`,
      `release ${kf_id}, version ${version} changed from running to staged`,
      `release ${kf_id}, version ${version} changed from staged to publishing`,
      `release ${kf_id}, version ${published.version} changed from publishing to published`,
    ])
    expect(log.filter(message => message.startsWith('task'))).toHaveLength(10)
  })

  it('without task services is staged at once', async () => {
    const { kf_id } = await coordinator.startRelease()
    const { tasks } = await coordinator.reaches(kf_id, 'staged')
    expect(tasks).toEqual([])
  })

  it('fails when a task service refuses, and cancels the others', async () => {
    const [good, bad] = [await participant(), await participant()]
    bad.on('initialize', { status: 400 })
    const { kf_id } = await coordinator.startRelease()
    const { tasks } = await coordinator.reaches(kf_id, 'failed')
    expect(tasks.map(task => task.state).sort()).toEqual(['canceled', 'rejected'])
    expect(good.received('cancel')).toHaveLength(1)
    expect(bad.received('cancel')).toHaveLength(0)
  })

  it('is canceled on request, visibly', async () => {
    const service = await participant({ finishes: false })
    const { kf_id } = await coordinator.startRelease()
    await coordinator.reaches(kf_id, 'running')
    await eventually(async () => (await coordinator.release(kf_id)).tasks[0]?.state === 'running')
    const canceling = await coordinator.bus.call(releaseOperations.cancel, { kf_id }, as('admin'))
    expect(canceling.state).toBe('canceling')
    const canceled = await coordinator.reaches(kf_id, 'canceled')
    expect(canceled.tasks.map(task => task.state)).toEqual(['canceled'])
    expect(service.received('cancel')).toHaveLength(1)
    const again = await coordinator.bus.call(releaseOperations.cancel, { kf_id }, as('admin'))
    expect(again).toEqual(canceled)
  })

  it('moves on reports', async () => {
    await participant({ finishes: false })
    const { kf_id } = await coordinator.startRelease()
    let task = ''
    await eventually(async () => {
      const [first] = (await coordinator.release(kf_id)).tasks
      task = first?.kf_id ?? ''
      return first?.state === 'running'
    })
    const patch = (body: object) => coordinator.bus.call(taskOperations.update, { kf_id: task, body }, as('machine'))
    expect(await patch({ progress: '40' })).toMatchObject({ state: 'running', progress: 40 })
    expect(await patch({ state: 'staged', progress: 100 })).toMatchObject({ state: 'staged', progress: 100 })
    expect((await coordinator.release(kf_id)).state).toBe('staged')
    await expect(patch({ state: 'waiting', progress: 3 })).rejects.toMatchObject({
      code: 'invalid',
      details: [{ path: ['state'], message: 'Can not change from staged to waiting.' }],
    })
    expect(await patch({ state: 'failed' })).toMatchObject({ state: 'failed', progress: 100 })
    expect((await coordinator.release(kf_id)).state).toBe('failed')
  })
})
