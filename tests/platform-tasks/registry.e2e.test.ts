import { openStore, type Statement } from '@slipway/store'
import { captureLog, eventually, fileOrigin, scriptedTaskService } from '@slipway/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dataService, study } from '../release-coordinator/support/data-service.ts'
import { odmClient } from './support/odm-client.ts'
import { adminToken, platform, sharedStudy } from './support/platform.ts'
import { processOfConnection } from './support/process-of-connection.ts'
import { endOf, expectTaskInfo, type TaskInfo } from './support/task-info.ts'

const opened = new AsyncDisposableStack()
const authorization = `Bearer ${adminToken}`
const json = { authorization, 'content-type': 'application/json' }

/** What every task service needs beside its name and address. */
const given = { description: 'takes part', author: 'ada', enabled: true }

const running = platform(async () => {
  const source = opened.use(await dataService([study(sharedStudy), study('SD_BBBBBBBB')]))
  return {
    // Which process runs is told by its connection, which must come from this machine.
    ownPostgres: true,
    dataserviceUrl: source.url,
    replicas: { coordinator: 2 },
    env: { coordinator: { TASK_POLL_SECONDS: '0.3', RELEASE_CHECK_SECONDS: '1', JOB_LEASE_SECONDS: '1' } },
  }
})
let participant: Awaited<ReturnType<typeof scriptedTaskService>>
beforeAll(async () => {
  participant = opened.use(await scriptedTaskService())
  await admin('POST', '/studies/sync')
  const added = await admin('POST', '/task-services', { ...given, name: 'indexer', url: participant.url })
  expect(added.status, added.text).toBe(201)
})
afterAll(() => opened.disposeAsync())

/** The administrator, with the header that every API reads. */
function admin(method: string, path: string, body?: unknown) {
  const client = odmClient(running.url)
  return client.send(method, path, json, body === undefined ? undefined : JSON.stringify(body))
}

async function release(author: string) {
  const { status, body, text } = await admin('POST', '/releases', { name: 'Spring', studies: [sharedStudy], author })
  expect(status, text).toBe(201)
  return body.kf_id as string
}

const read = async (id: string): Promise<TaskInfo> => {
  const { status, body, text } = await running.as.user.get(`tasks/${id}`)
  expect(status, text).toBe(200)
  expectTaskInfo(body)
  return body
}

async function tasksOf(id: string): Promise<string[]> {
  return eventually(async () => {
    const { body } = await admin('GET', `/releases/${id}`)
    if (body.tasks.length === 0) throw new Error('the release has no tasks yet')
    return body.tasks.map((task: { kf_id: string }) => task.kf_id)
  })
}

async function reaches(id: string, state: string) {
  await eventually(async () => (await admin('GET', `/releases/${id}`)).body.state === state)
}

describe('a release and its tasks', () => {
  it('are found at once, wait for people while they are staged, and end together', async () => {
    const id = await release('ada')
    expect(await read(id)).toMatchObject({
      name: 'Release Spring',
      application: 'slipway/coordinator',
      createdBy: 'ada',
    })
    await reaches(id, 'staged')
    const [task = ''] = await tasksOf(id)
    expect(await read(id)).toMatchObject({ status: 'RUNNING' })
    expect(await read(task)).toMatchObject({ status: 'RUNNING', name: `indexer for ${id}`, createdBy: 'ada' })
    await admin('POST', `/releases/${id}/publish`)
    expect((await endOf(running.as.user, id)).status).toBe('DONE')
    expect((await endOf(running.as.user, task)).status).toBe('DONE')
    const { body } = await running.as.all.get(`tasks/${id}/output`)
    expect(body).toMatchObject({ result: { version: '0.1.0' }, metadata: { studies: { [sharedStudy]: '1' } } })
  })

  it('that was canceled ends KILLED; by a stop as well', async () => {
    const canceled = await release('ada')
    await reaches(canceled, 'staged')
    await admin('DELETE', `/releases/${canceled}`)
    const stopped = await release('ada')
    await reaches(stopped, 'staged')
    const [task = ''] = await tasksOf(stopped)
    expect((await running.as.user.put(`tasks/${stopped}/stop`)).status).toBe(403)
    expect((await running.as.all.put(`tasks/${stopped}/stop`)).status).toBe(200)
    for (const id of [canceled, stopped, task]) expect((await endOf(running.as.user, id)).status).toBe('KILLED')
    expect((await running.as.all.get(`tasks/${stopped}/output`)).body.errors[0].stack[0].type).toBe('KILLED')
  })

  it('of which another one failed is BLOCKED_BY_DEPENDENCY_FAILURE', async () => {
    const other = opened.use(await scriptedTaskService({ finishes: false }))
    const added = await admin('POST', '/task-services', { ...given, name: 'failing', url: other.url })
    expect(added.status).toBe(201)
    const id = await release('ada')
    await reaches(id, 'running')
    const failing = await eventually(() => {
      const [request] = other.received('start')
      if (!request?.taskId) throw new Error('not started yet')
      return request.taskId
    })
    const [blocked = ''] = (await tasksOf(id)).filter(task => task !== failing)
    await admin('PATCH', `/tasks/${failing}`, { state: 'failed' })
    expect((await endOf(running.as.user, failing)).status).toBe('FAILED')
    expect((await endOf(running.as.user, blocked)).status).toBe('BLOCKED_BY_DEPENDENCY_FAILURE')
    expect((await endOf(running.as.user, id)).status).toBe('FAILED')
    await admin('DELETE', `/task-services/${added.body.kf_id}`)
  })
})

it('a mirror run is a task, and says what it did', async () => {
  const sync = await admin('POST', '/studies/sync')
  const id = String(sync.headers['slipway-task'])
  expect(id).toMatch(/^SY_/)
  expect(await endOf(running.as.user, id)).toMatchObject({
    name: 'Mirror studies',
    application: 'slipway/coordinator',
    createdBy: 'admin',
    status: 'DONE',
  })
  expect((await running.as.all.get(`tasks/${id}/output`)).body.result).toEqual({ new: 0, deleted: 0 })
})

describe('jobs of the exporter', () => {
  beforeAll(async () => {
    const org = { id: 'MyOrg', name: 'My organisation' }
    expect((await admin('POST', '/orgs/', org)).status).toBe(201)
    const source = { id: 'Codes', short_code: 'Codes', name: 'Codes', default_locale: 'en' }
    expect((await admin('POST', '/orgs/MyOrg/sources/', source)).status).toBe(201)
  })

  it('an export is found by the id that its start answers, before its events have come', async () => {
    const made = await admin('POST', '/orgs/MyOrg/sources/Codes/versions/', { id: 'v1', description: 'first' })
    expect(made.status, made.text).toBe(201)
    await eventually(async () => (await admin('GET', '/orgs/MyOrg/sources/Codes/v1/export/')).status === 200)
    const start = await admin('POST', '/orgs/MyOrg/sources/Codes/v1/export/')
    expect(start.status).toBe(202)
    const id = String(start.headers['slipway-task'])
    expect(await read(id)).toMatchObject({
      name: 'Export Codes/v1',
      application: 'slipway/exporter',
      createdBy: 'admin',
    })
    expect((await endOf(running.as.user, id)).status).toBe('DONE')
    const before = await running.as.user.get(`tasks/${id}`)
    // The end of the export is not the end of the job, which stays as it was.
    expect((await admin('DELETE', '/orgs/MyOrg/sources/Codes/v1/export/')).status).toBe(204)
    const { body } = await running.as.all.get('tasks?application=slipway%2Fexporter')
    expect(body.data.filter((task: TaskInfo) => task.name === 'Export Codes/v1')).toHaveLength(2)
    expect((await running.as.user.get(`tasks/${id}`)).text).toBe(before.text)
    expect((await running.as.all.get(`tasks/${id}/output`)).body.result.sha256).toMatch(/^[0-9a-f]{64}$/)
  })

  it('a bulk import is found by its id', async () => {
    const lines = [
      { type: 'Concept', id: 'A', concept_class: 'Code', datatype: 'N/A', owner: 'MyOrg', owner_type: 'Organization' },
    ].map(line =>
      JSON.stringify({ ...line, source: 'Codes', names: [{ name: 'A', locale: 'en', name_type: 'Short' }] }),
    )
    const { status, body, text } = await admin('POST', '/importers/bulk-import/', { data: lines.join('\n') })
    expect(status, text).toBe(202)
    const id = String(body.task ?? body.id)
    expect(id).toMatch(/^BI_/)
    expect(await read(id)).toMatchObject({ application: 'slipway/exporter', createdBy: 'admin' })
    expect((await endOf(running.as.user, id)).status).toBe('DONE')
  })
})

it('a notification of affiliates is found by the id that its start answers', async () => {
  const made = await admin('POST', '/api/releasePackages', { name: 'Codes', description: 'all of them' })
  expect(made.status, made.text).toBe(200)
  const base = `/api/releasePackages/${made.body.releasePackageId}/releaseVersions`
  const version = await admin('POST', base, { name: 'Spring', description: 'the first' })
  expect(version.status, version.text).toBe(200)
  const started = await admin('POST', `${base}/${version.body.releaseVersionId}/notifications`)
  expect(started.status, started.text).toBe(200)
  const id = String(started.headers['slipway-task'])
  expect(await read(id)).toMatchObject({
    name: 'Notify affiliates of Spring',
    application: 'slipway/notifier',
    createdBy: 'admin',
  })
  expect((await endOf(running.as.user, id)).status).toBe('DONE')
})

const lockStudy: Statement = {
  name: 'test-lock-study',
  text: 'select accession from study_object where accession = $1 for update',
}
const waitingConnection: Statement = {
  name: 'test-waiting-connection',
  text: `
    select client_port as port from pg_stat_activity
    where application_name = 'slipway-coordinator' and wait_event_type = 'Lock' and query like '%publish_item%'`,
}

describe('a publish run whose process is killed', () => {
  it('is gone on with by another replica, and nothing is done twice', async () => {
    const origin = opened.use(await fileOrigin())
    const link = origin.put('/study.tsv', { content: 'Study Title\nOf the run\n' })
    const accessions = await Promise.all(
      Array.from({ length: 60 }, async () => {
        const { body } = await running.as.curator.postJson('as-curator/studies', { link })
        return body['genestack:accession'] as string
      }),
    )
    await Promise.all(accessions.map(id => running.as.curator.patch(`as-curator/studies/${id}`, { Edited: id })))
    const [middle = ''] = accessions.toSorted().slice(30)
    const { log } = captureLog()
    await using database = await openStore({
      url: running.platform.databaseUrl('coordinator'),
      log,
      name: 'registry-test',
    })
    const id = await database.transaction(async tx => {
      await tx.query(lockStudy, [middle])
      const { body: run } = await running.as.curator.post('tasks/publish-versions?versionMessage=killed')
      // The run stands before the study that is locked here; that shows which process it is in.
      const port = await eventually(async () => {
        const [waiting] = await database.read<{ port: number }>(waitingConnection)
        if (!waiting) throw new Error('the run does not wait for the study')
        return waiting.port
      })
      const coordinators = running.platform.processes.filter(({ service }) => service === 'coordinator')
      const runner = processOfConnection(
        port,
        Number(new URL(running.platform.databaseUrl('coordinator')).port),
        coordinators.map(({ pid }) => pid),
      )
      expect(runner).toBeDefined()
      process.kill(Number(runner), 'SIGKILL')
      return run.id as string
    })
    const ended = await endOf(running.as.curator, id)
    expect(ended).toMatchObject({ status: 'DONE', createdBy: 'curator' })
    for (const accession of accessions) {
      const { status, body } = await running.as.curator.get(`as-user/studies/${accession}/versions`)
      expect(status, JSON.stringify(body)).toBe(200)
      expect(body.map(({ version, message }: Record<string, string>) => [version, message])).toEqual([
        ['2', 'killed'],
        ['1', 'Imported'],
      ])
    }
    const { body: output } = await running.as.curator.get(`tasks/${id}/output`)
    expect(output).toMatchObject({ attempt: 2, result: { published: 60, failed: 0 } })
    expect(output.progress).toEqual({ done: 60, total: 60 })
  })
})
