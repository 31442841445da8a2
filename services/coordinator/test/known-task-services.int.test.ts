import { type OutputOf, taskOperations } from '@slipway/contracts'
import { eventually } from '@slipway/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { as, type RunningCoordinator, startCoordinator, type TaskService } from './start-coordinator.ts'

let coordinator: RunningCoordinator
beforeAll(async () => {
  coordinator = await startCoordinator()
})
afterAll(() => coordinator?.[Symbol.asyncDispose]())

async function known(service: TaskService) {
  const row = await coordinator.store.db
    .selectFrom('task_service')
    .select(['name', 'url', 'sequence'])
    .where('kf_id', '=', service.kf_id)
    .executeTakeFirst()
  return row && { name: row.name, url: row.url }
}

const isKnownAs = (service: TaskService, name: string) =>
  eventually(async () => expect((await known(service))?.name).toBe(name))

/** No task service of the test answers there. */
const url = 'nats://task-service.nowhere'

async function tasksOf(release: string): Promise<readonly OutputOf<typeof taskOperations.get>[]> {
  const { results } = await coordinator.bus.call(taskOperations.list, { release, limit: 10, offset: 0 }, as('admin'))
  return results
}

describe('an answer of the registry that took its time', () => {
  it('does not undo what an event told meanwhile, when a release begins', async () => {
    const service = await coordinator.register(url, { name: 'old' })
    await isKnownAs(service, 'old')
    const answer = coordinator.holdAnswer()
    const release = await coordinator.startRelease()
    await answer.asked
    await coordinator.change(service, { name: 'new', url: `${url}.moved` })
    await isKnownAs(service, 'new')
    answer.letGo()
    const tasks = await eventually(async () => {
      const found = await tasksOf(release.kf_id)
      expect(found).toHaveLength(1)
      return found
    })
    expect(tasks[0]?.service_name).toBe('new')
    expect(await known(service)).toEqual({ name: 'new', url: `${url}.moved` })
    await coordinator.remove(service)
  })

  it('does not undo what events told meanwhile of a service that was not known when it was asked', async () => {
    const release = await coordinator.startRelease()
    await coordinator.reaches(release.kf_id, 'staged')
    const service = coordinator.enroll(url, { name: 'old', enabled: false })
    const answer = coordinator.holdAnswer()
    const body = { release: release.kf_id, task_service: service.kf_id }
    const made = coordinator.bus.call(taskOperations.create, { body }, as('admin'))
    await answer.asked
    await coordinator.change(service, { name: 'new' })
    await isKnownAs(service, 'new')
    answer.letGo()
    expect((await made).service_name).toBe('new')
    expect((await known(service))?.name).toBe('new')
  })
})

it('an answer of the registry tells what no event has told yet', async () => {
  const service = await coordinator.register(url, { name: 'before' })
  await isKnownAs(service, 'before')
  coordinator.services.splice(0, Number.POSITIVE_INFINITY, { ...service, name: 'after' })
  const release = await coordinator.startRelease()
  await eventually(async () => expect(await tasksOf(release.kf_id)).toHaveLength(1))
  expect((await tasksOf(release.kf_id))[0]?.service_name).toBe('after')
})
