import { logEventOperations, releaseOperations, reportedFileOperations, taskOperations } from '@slipway/contracts'
import type { Statement } from '@slipway/store'
import { eventually, type ScriptedTaskService, scriptedTaskService } from '@slipway/testing'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { as, type RunningCoordinator, startCoordinator } from './start-coordinator.ts'

let coordinator: RunningCoordinator
let participant: ScriptedTaskService

beforeAll(async () => {
  coordinator = await startCoordinator()
  await coordinator.replica()
  participant = await scriptedTaskService({ finishes: false })
})
afterAll(async () => {
  await participant?.[Symbol.asyncDispose]()
  await coordinator?.[Symbol.asyncDispose]()
})
afterEach(async () => {
  for (const service of [...coordinator.services]) await coordinator.remove(service)
})

const busEvents: Statement = {
  name: 'test-events-of-release',
  text: `
    select noun || '.' || verb as name, aggregate, sequence, data->>'service_name' as service from platform.outbox
    where aggregate = $1 or data->>'release_id' = $1 order by id`,
}
const waitingForLocks: Statement = {
  name: 'test-waiting-for-locks',
  text: `select count(*)::int as count from pg_locks where not granted and database = (
    select oid from pg_database where datname = current_database())`,
}
const exchangeWith: Statement = { name: 'test-exchange-with', text: 'select subject from exchange where subject = $1' }
type BusEvent = { name: string; aggregate: string; sequence: number; service: string | null }

async function tasksRunning(count: number): Promise<{ release: string; tasks: string[] }> {
  for (let index = 0; index < count; index += 1) await coordinator.register(participant.url)
  const { kf_id } = await coordinator.startRelease()
  const tasks = await eventually(async () => {
    const release = await coordinator.release(kf_id)
    const running = release.tasks.filter(task => task.state === 'running')
    if (running.length < count) throw new Error(`${running.length} of ${count} tasks are running`)
    return running.map(task => task.kf_id)
  })
  return { release: kf_id, tasks }
}

describe('many reports at the same time', () => {
  it('make one transition of the release and one event each', async () => {
    const { release, tasks } = await tasksRunning(10)
    const reportAll = (state: 'staged' | 'published') =>
      Promise.all(
        Array.from({ length: 200 }, (_, index) => {
          const kf_id = tasks[index % tasks.length] as string
          return coordinator.bus.call(taskOperations.update, { kf_id, body: { state, progress: 100 } }, as('machine'))
        }),
      )
    for (const answer of await reportAll('staged')) expect(answer).toMatchObject({ state: 'staged', progress: 100 })
    expect((await coordinator.release(release)).state).toBe('staged')
    await coordinator.bus.call(releaseOperations.publish, { kf_id: release }, as('admin'))
    await eventually(async () => (await coordinator.release(release)).tasks.every(task => task.state === 'publishing'))
    await reportAll('published')
    expect((await coordinator.release(release)).state).toBe('published')

    const events = await coordinator.store.read<BusEvent>(busEvents, [release])
    const counts = new Map<string, number>()
    for (const { name } of events) counts.set(name, (counts.get(name) ?? 0) + 1)
    expect(Object.fromEntries(counts)).toEqual({
      'release.created': 1,
      'release.initializing': 1,
      'release.running': 1,
      'release.staged': 1,
      'release.publishing': 1,
      'release.published': 1,
      'task.created': 10,
      'task.initialized': 10,
      'task.running': 10,
      'task.staged': 10,
      'task.publishing': 10,
      'task.published': 10,
      'task.progressed': 10,
    })
    expect(events.filter(({ name, service }) => name.startsWith('task.') && !service)).toEqual([])
    for (const aggregate of [release, ...tasks]) {
      const sequence = events.filter(event => event.aggregate === aggregate).map(event => event.sequence)
      expect(sequence, 'numbered without gaps').toEqual(sequence.map((_, index) => index + 1))
    }
    const log = await coordinator.bus.call(logEventOperations.list, { release, limit: 1000 }, as('nobody'))
    const stagings = log.results.filter(event => event.message.endsWith('changed from running to staged'))
    expect(stagings).toHaveLength(11)
  })
})

describe('a write', () => {
  it('answers with what it did itself, not with what was written together with it', async () => {
    const { release, tasks } = await tasksRunning(1)
    const kf_id = tasks[0] as string
    const report = (progress: number) =>
      coordinator.bus.call(taskOperations.update, { kf_id, body: { progress } }, as('machine'))
    const steps = Array.from({ length: 40 }, (_, index) => index + 1)
    // While the row is locked, all of them gather.
    const { asked } = await coordinator.store.transaction(async tx => {
      await tx.db.selectFrom('release').select('kf_id').where('kf_id', '=', release).forUpdate().execute()
      const asked = steps.map(report)
      await eventually(async () => (await waiting()) > 0)
      return { asked }
    })
    expect((await Promise.all(asked)).map(answer => answer.progress)).toEqual(steps)
  })

  async function waiting(): Promise<number> {
    const [row] = await coordinator.store.read<{ count: number }>(waitingForLocks)
    return row?.count ?? 0
  }
})

describe('the answer to a poll', () => {
  it('that a report has overtaken changes nothing', async () => {
    const { release, tasks } = await tasksRunning(1)
    const kf_id = tasks[0] as string
    const file = (name: string) => ({ name, url: `https://files.example.org/${name}` })
    participant.on('get_status', { delayMs: 700, says: { progress: 3, files: [file('draft.zip')] } }, {})
    const before = participant.received('get_status', kf_id).length
    await eventually(() => participant.received('get_status', kf_id).length > before)
    const body = { state: 'staged', progress: 100, files: [file('whole.zip')] } as const
    await coordinator.bus.call(taskOperations.update, { kf_id, body }, as('machine'))
    await eventually(async () => (await coordinator.store.read(exchangeWith, [kf_id])).length === 0)
    expect((await coordinator.release(release)).tasks).toMatchObject([{ state: 'staged', progress: 100 }])
    const { files } = await coordinator.bus.call(reportedFileOperations.list, { task: kf_id }, as('admin'))
    expect(files).toMatchObject([{ name: 'whole.zip' }])
  })
})

describe('releases created at the same time', () => {
  it('get versions of their own, in a row', async () => {
    await coordinator.addStudies('SD_AAAAAAAA')
    const body = { name: 'one of many', studies: ['SD_AAAAAAAA'] }
    const made = await Promise.all(
      Array.from({ length: 20 }, () => coordinator.bus.call(releaseOperations.create, { body }, as('admin'))),
    )
    const patches = made.map(({ version }) => Number(version.split('.')[2])).sort((a, b) => a - b)
    expect(patches).toEqual(patches.map((_, index) => (patches[0] as number) + index))

    await Promise.all(made.map(({ kf_id }) => coordinator.reaches(kf_id, 'staged')))
    const publish = (kf_id: string) => coordinator.bus.call(releaseOperations.publish, { kf_id }, as('admin'))
    await Promise.all(made.map(({ kf_id }) => publish(kf_id)))
    const published = await Promise.all(made.map(({ kf_id }) => coordinator.release(kf_id)))
    expect(new Set(published.map(release => release.state))).toEqual(new Set(['published']))
    expect(new Set(published.map(release => release.version)).size).toBe(20)
    expect(published.every(release => release.version.endsWith('.0'))).toBe(true)
  })
})

describe('publish, asked twice at the same time', () => {
  it('is done once', async () => {
    const { release, tasks } = await tasksRunning(2)
    for (const kf_id of tasks) {
      await coordinator.bus.call(taskOperations.update, { kf_id, body: { state: 'staged' } }, as('machine'))
    }
    const publish = () => coordinator.bus.call(releaseOperations.publish, { kf_id: release }, as('admin'))
    const answers = await Promise.allSettled([publish(), publish(), publish()])
    expect(answers.filter(answer => answer.status === 'fulfilled')).toHaveLength(1)
    for (const answer of answers) {
      if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ code: 'refused', status: 400 })
    }
    await eventually(async () => (await coordinator.release(release)).tasks.every(task => task.state === 'publishing'))
    for (const task of tasks) expect(participant.received('publish', task)).toHaveLength(1)
  })
})

describe('a repeated command', () => {
  it('is answered, not done twice, even at the same time', async () => {
    await coordinator.addStudies('SD_AAAAAAAA')
    const body = { name: 'only once', studies: ['SD_AAAAAAAA'] }
    const call = () => coordinator.bus.request(releaseOperations.create, { body }, as('admin', { commandId: 'once' }))
    const [first, ...others] = await Promise.all([call(), call(), call()])
    others.push(await call())
    for (const other of others) {
      expect(other.status).toBe(201)
      expect(Buffer.from(other.body).toString()).toBe(Buffer.from(first?.body as Uint8Array).toString())
    }
    const changed = { body: { ...body, name: 'another one' } }
    await expect(
      coordinator.bus.request(releaseOperations.create, changed, as('admin', { commandId: 'once' })),
    ).rejects.toMatchObject({ code: 'key_reused', status: 422 })
  })

  it('among others of the same release does not disturb them', async () => {
    const { tasks } = await tasksRunning(1)
    const kf_id = tasks[0] as string
    const report = (progress: number, commandId: string) =>
      coordinator.bus.call(taskOperations.update, { kf_id, body: { progress } }, as('machine', { commandId }))
    await report(10, 'progress-10')
    const answers = await Promise.all([
      report(20, 'progress-20'),
      report(10, 'progress-10'),
      report(30, 'progress-30'),
      report(10, 'progress-10'),
    ])
    expect(answers.map(answer => answer.progress).sort()).toEqual([10, 10, 20, 30])
    const now = await coordinator.bus.call(taskOperations.get, { kf_id }, as('nobody'))
    expect([20, 30]).toContain(now.progress)
  })
})

describe('edits of a release', () => {
  it('at the same time keep each other, also while it moves', async () => {
    const { release } = await tasksRunning(1)
    const patch = (body: object) =>
      coordinator.bus.call(releaseOperations.update, { kf_id: release, body }, as('admin'))
    await Promise.all([
      patch({ name: 'renamed' }),
      patch({ tags: ['fresh'] }),
      patch({ description: 'described' }),
      coordinator.bus.call(releaseOperations.cancel, { kf_id: release }, as('admin')),
    ])
    expect(await coordinator.reaches(release, 'canceled')).toMatchObject({
      name: 'renamed',
      tags: ['fresh'],
      description: 'described',
    })
  })
})
