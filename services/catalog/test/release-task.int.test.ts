import { randomUUID } from 'node:crypto'
import { handler } from '@slipway/bus'
import {
  failure,
  newId,
  packageStudyOperations,
  type ReportedFile,
  releaseEvents,
  releaseOperations,
  reportedFileOperations,
  taskOperations,
} from '@slipway/contracts'
import { eventually } from '@slipway/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { purgeTasks } from '../src/release-task/release-task.store.ts'
import { as, type RunningCatalog, startCatalog } from './start-catalog.ts'

type ScriptedTask = { readonly kf_id: string; state: string; readonly files?: readonly ReportedFile[]; url?: string }
type ScriptedRelease = { state: string; readonly studies: readonly string[]; readonly tasks: ScriptedTask[] }

const releases = new Map<string, ScriptedRelease>()
const reports: { readonly task: string; readonly state: string | undefined }[] = []
const taskOf = (id: string) => [...releases.values()].flatMap(({ tasks }) => tasks).find(({ kf_id }) => kf_id === id)

/** What the catalog asks of the coordinator. */
const coordinator = [
  handler(releaseOperations.get, async ({ kf_id }) => {
    const release = releases.get(kf_id)
    if (!release) throw failure('not_found', 'Not found.')
    const created_at = '2026-01-01T00:00:00Z'
    const rest = {
      progress: 0,
      release: `http://x/releases/${kf_id}`,
      task_service: null,
      created_at,
      service_name: null,
    }
    const tasks = release.tasks.map(({ kf_id: id, state }) => ({ kf_id: id, state, ...rest }))
    const fields = { name: 'Spring', description: 'All', version: '0.0.3', author: 'ann', tags: [], is_major: false }
    return { body: { kf_id, ...fields, notes: [], created_at, ...release, tasks } as never }
  }),
  handler(reportedFileOperations.list, async ({ task }) => {
    const { files = [], url = 'http://tools.example.org' } = taskOf(task) as ScriptedTask
    return { body: { task_service_url: url, files: [...files] } }
  }),
  handler(taskOperations.update, async ({ kf_id, body }) => {
    const { state } = body.values
    reports.push({ task: kf_id, state })
    const links = { release: 'http://x/releases/RE_00000000', task_service: null, service_name: null }
    return { body: { kf_id, state, progress: 100, created_at: '2026-01-01T00:00:00Z', ...links } as never }
  }),
]

let running: RunningCatalog
beforeAll(async () => {
  running = await startCatalog()
  await running.bus.serve(coordinator, { queue: 'scripted' })
  await running.replica()
})
afterAll(() => running?.[Symbol.asyncDispose]())

const ask = async (action: string, task_id: string, release_id: string) => {
  const body = Buffer.from(JSON.stringify({ action, task_id, release_id, studies: [] }))
  const reply = await running.bus.requestRaw('slipway-tasks.catalog.tasks', body)
  return JSON.parse(Buffer.from(reply.body).toString('utf8')) as { state: string; progress: number }
}

/** A package that is bound to a study of its own. */
async function bound(): Promise<{ readonly releasePackageId: number; readonly study: string }> {
  const text = `insert into release_package (created_by, member, name) values ('test', 'SE', 'P')
    returning release_package_id as id`
  const [row] = await running.store.write<{ id: number }>({ name: 'test.package', text })
  const { id: releasePackageId } = row as { id: number }
  const study = newId('SD')
  await running.bus.call(packageStudyOperations.put, { releasePackageId, body: { study } }, as('admin'))
  return { releasePackageId, study }
}

/** A release of this study with another task, which has these files. */
function released(study: string, other: Omit<ScriptedTask, 'kf_id'>, tasks = [newId('TA')]) {
  const release = newId('RE')
  const others = [{ kf_id: newId('TA'), ...other }]
  const own = tasks.map(kf_id => ({ kf_id, state: 'running' }))
  releases.set(release, { state: 'running', studies: [study], tasks: [...others, ...own] })
  return { release, task: tasks[0] as string, other: others[0] as ScriptedTask }
}

const versionsIn = (releasePackageId: number) =>
  running.store.query<{ name: string; state: string; dated: boolean; files: object[]; notified: number }>(
    {
      name: 'test.versions',
      text: `select name, state, published_at is not null as dated,
          (select count(*) from notification n where n.release_version_id = v.release_version_id) as notified,
          (select coalesce(json_agg(json_build_array(label, download_url, file_size, sha256) order by release_file_id),
            '[]') from release_file f where f.release_version_id = v.release_version_id) as files
        from release_version v where release_package_id = $1`,
    },
    [releasePackageId],
  )

const stateOf = async (task: string, release: string) => (await ask('get_status', task, release)).state
const until = (task: string, release: string, state: string) =>
  eventually(async () => expect(await stateOf(task, release)).toBe(state))

let sequence = 0
async function tell(type: typeof releaseEvents.published, id: string, version: string): Promise<void> {
  const state = type.verb as 'published'
  const eventId = randomUUID()
  await running.bus.publishEvent(type, {
    specversion: '1.0',
    id: eventId,
    source: '/slipway/coordinator',
    type: type.type,
    subject: id,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    sequence: ++sequence,
    actor: 'system',
    data: { release_id: id, name: 'Spring', state, previous_state: null, version, studies: [] },
  })
  await eventually(async () => {
    const text = `select 1 from platform.inbox where consumer = 'catalog-releases' and event_id = $1`
    expect(await running.store.query({ name: 'test.seen', text }, [eventId])).toHaveLength(1)
  })
}

const file = (study: string | null, name: string): ReportedFile => ({
  study,
  name,
  url: `https://files.example.org/${name}`,
  size: 7,
  sha256: 'ab'.repeat(32),
})
const shown = ({ name, url, size, sha256 }: ReportedFile) => [name, url, String(size), sha256]

describe('the part of the catalog in a release', () => {
  it('waits for the others, makes a version of what they made, publishes and announces it, each once', async () => {
    const { releasePackageId, study } = await bound()
    const [own, common, foreign] = [file(study, 'own.zip'), file(null, 'all.txt'), file('SD_OTHER', 'other.zip')]
    const { release, task, other } = released(study, { state: 'running', files: [own, common, foreign] })
    expect(await ask('initialize', task, release)).toMatchObject({ state: 'initialized' })
    const started = await Promise.all([1, 2, 3].map(() => ask('start', task, release)))
    expect(started.map(({ state }) => state)).toEqual(['running', 'running', 'running'])
    await expect(ask('publish', task, release)).rejects.toMatchObject({ status: 400 })
    expect(await versionsIn(releasePackageId)).toEqual([])

    other.state = 'staged'
    await until(task, release, 'staged')
    const version = {
      name: 'Spring 0.0.3',
      state: 'offline',
      dated: false,
      notified: 0,
      files: [shown(own), shown(common)],
    }
    expect(await versionsIn(releasePackageId)).toEqual([version])
    expect(await ask('start', task, release)).toMatchObject({ state: 'running' })

    const published = await Promise.all([1, 2, 3].map(() => ask('publish', task, release)))
    expect(published.map(({ state }) => state)).toEqual(['publishing', 'publishing', 'publishing'])
    await until(task, release, 'published')
    expect(await versionsIn(releasePackageId)).toEqual([{ ...version, state: 'online', dated: true }])
    await eventually(async () => {
      expect(reports.filter(report => report.task === task).map(({ state }) => state)).toEqual(['staged', 'published'])
    })

    for (let time = 0; time < 2; time += 1) await tell(releaseEvents.published, release, '0.1.0')
    expect(await versionsIn(releasePackageId)).toEqual([
      { ...version, name: 'Spring 0.1.0', state: 'online', dated: true, notified: 1 },
    ])
  })

  it('is over when it is canceled before it starts', async () => {
    const { releasePackageId, study } = await bound()
    const { release, task } = released(study, { state: 'staged' })
    expect(await ask('cancel', task, release)).toMatchObject({ state: 'canceled' })
    for (const action of ['initialize', 'start', 'publish']) {
      await expect(ask(action, task, release)).rejects.toMatchObject({ status: 400 })
    }
    expect(await versionsIn(releasePackageId)).toEqual([])
  })

  it('leaves nothing, wherever a cancel finds it', async () => {
    const { releasePackageId, study } = await bound()
    for (const last of ['running', 'staged', 'published']) {
      const { release, task } = released(study, { state: last === 'running' ? 'running' : 'staged' })
      await ask('initialize', task, release)
      await ask('start', task, release)
      if (last !== 'running') await until(task, release, 'staged')
      if (last === 'published') {
        await ask('publish', task, release)
        await until(task, release, 'published')
        expect(await versionsIn(releasePackageId)).toMatchObject([{ state: 'online' }])
      }
      await Promise.all([ask('cancel', task, release), ask('cancel', task, release)])
      expect(await versionsIn(releasePackageId), last).toEqual([])
      expect(await stateOf(task, release)).toBe('canceled')
    }
  })

  it('takes back what counted as published when the release is canceled', async () => {
    const { releasePackageId, study } = await bound()
    const { release, task } = released(study, { state: 'staged' })
    await ask('start', task, release)
    await until(task, release, 'staged')
    await ask('publish', task, release)
    await until(task, release, 'published')
    await tell(releaseEvents.canceled as typeof releaseEvents.published, release, '0.0.3')
    expect(await versionsIn(releasePackageId)).toEqual([])
  })

  it('makes one version where it takes part twice, without waiting for itself', async () => {
    const { releasePackageId, study } = await bound()
    const tasks = [newId('TA'), newId('TA')] as const
    const { release } = released(study, { state: 'staged' }, [...tasks])
    for (const action of ['initialize', 'start']) for (const task of tasks) await ask(action, task, release)
    for (const task of tasks) await until(task, release, 'staged')
    expect(await versionsIn(releasePackageId)).toHaveLength(1)
  })

  it('takes files that the platform keeps from the exporter only', async () => {
    const { releasePackageId, study } = await bound()
    const kept = { ...file(study, 'kept.zip'), url: `slipway://exporter/${randomUUID()}` }
    const other = { state: 'staged', files: [kept] }
    const [wrong, right] = [released(study, other), released(study, { ...other, url: 'nats://slipway-tasks.exporter' })]
    for (const { task, release } of [wrong, right]) await ask('start', task, release)
    await until(wrong.task, wrong.release, 'failed')
    await until(right.task, right.release, 'staged')
    expect(await versionsIn(releasePackageId)).toMatchObject([{ files: [shown(kept)] }])
  })

  it('is forgotten some time after it is over, but not what was published', async () => {
    const { study } = await bound()
    const [over, begun, published] = ['running', 'running', 'staged'].map(state => released(study, { state })) as [
      ReturnType<typeof released>,
      ReturnType<typeof released>,
      ReturnType<typeof released>,
    ]
    await ask('cancel', over.task, over.release)
    await ask('initialize', begun.task, begun.release)
    await ask('start', published.task, published.release)
    await until(published.task, published.release, 'staged')
    await ask('publish', published.task, published.release)
    await until(published.task, published.release, 'published')

    const ids = [over.task, begun.task, published.task]
    const kept = async () => {
      const text = 'select task from release_task where task = any($1)'
      return (await running.store.query<{ task: string }>({ name: 'test.kept', text }, [ids])).map(({ task }) => task)
    }
    await purgeTasks(running.store, 1)
    expect(await kept()).toHaveLength(3)
    const age = `update release_task set moved_at = now() - interval '2 days' where task = any($1)`
    await running.store.write({ name: 'test.age', text: age }, [ids])
    await purgeTasks(running.store, 1, 1)
    expect(await kept()).toEqual([published.task])
    // What comes later than anybody waits is taken down anew.
    expect(await ask('start', begun.task, begun.release)).toMatchObject({ state: 'running' })
  })

  it('does not know other tasks, and no other words', async () => {
    for (const action of ['get_status', 'publish']) {
      await expect(ask(action, newId('TA'), newId('RE'))).rejects.toMatchObject({ status: 400 })
    }
    await expect(ask('explode', newId('TA'), newId('RE'))).rejects.toMatchObject({ status: 400 })
  })
})

describe('the study of a package', () => {
  it('belongs to one package, until it is let go', async () => {
    const [one, other] = [await bound(), await bound()]
    const put = (releasePackageId: number, study: string) =>
      running.bus.call(packageStudyOperations.put, { releasePackageId, body: { study } }, as('admin'))
    await expect(put(other.releasePackageId, one.study)).rejects.toMatchObject({ code: 'conflict' })
    const { releasePackageId } = one
    await running.bus.request(packageStudyOperations.delete, { releasePackageId }, as('admin'))
    expect(await put(other.releasePackageId, one.study)).toEqual({
      releasePackageId: other.releasePackageId,
      study: one.study,
    })
    expect(await running.bus.call(packageStudyOperations.get, { releasePackageId }, as('admin'))).toEqual({
      releasePackageId,
      study: null,
    })
    await expect(running.bus.call(packageStudyOperations.get, { releasePackageId }, as('ann'))).rejects.toMatchObject({
      code: 'forbidden',
    })
  })
})
