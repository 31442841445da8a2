import { type Platform, startPlatform } from '@slipway/local'
import { eventually, type TemporaryFolder, temporaryFolder } from '@slipway/testing'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { withStore } from '../chaos/event-audit.ts'
import { patientClient } from '../chaos/platform-client.ts'
import { openExporterDatabase } from '../source-exports/support/hold-exports.ts'

const studies = ['SD_EXP0RT01', 'SD_EXP0RT02']
const sources = ['/orgs/WHO/sources/ICD/', '/orgs/WHO/sources/ATC/', '/orgs/SIL/sources/ISO/']
const studyOf = (source: string) => (source.includes('SIL') ? studies[1] : studies[0])

type Version = { readonly id: string; readonly released: boolean }
type Release = { readonly kf_id: string; readonly state: string; readonly tasks: readonly { readonly state: string }[] }
type Database = Awaited<ReturnType<typeof openExporterDatabase>>

let folder: TemporaryFolder
let platform: Platform
let database: Database
let call: ReturnType<typeof patientClient>['call']

beforeAll(async () => {
  folder = await temporaryFolder()
  platform = await startPlatform({
    dataDir: folder.path,
    port: 0,
    quiet: true,
    durable: false,
    adminToken: 'content-administrator-token',
    taskServices: ['exporter'],
    // Nobody is asked: what is known was reported.
    env: {
      gateway: { SLIPWAY_RATE_LIMIT: '1000000' },
      coordinator: { TASK_POLL_SECONDS: '3600' },
      exporter: { EXPORT_LEASE_SECONDS: '2' },
    },
  })
  database = await openExporterDatabase(platform)
  call = patientClient(platform, AbortSignal.timeout(240_000)).call
  for (const study of studies) {
    const text = 'insert into study (kf_id, name, visible) values ($1, $1, true)'
    await withStore(platform, 'coordinator', store => store.write({ name: 'content-study', text }, [study]))
  }
  for (const id of ['WHO', 'SIL']) await call('POST', '/orgs/', { id, name: id })
  for (const source of sources) {
    const [, , org, , id] = source.split('/')
    const fields = { id, name: `${org} ${id}`, extras: { study_id: studyOf(source) } }
    expect((await call('POST', `/orgs/${org}/sources/`, fields)).status).toBe(201)
    const names = [{ name: 'One', locale: 'en' }]
    const concept = { id: '1', concept_class: 'Term', datatype: 'N/A', names }
    expect((await call('POST', `${source}concepts/`, concept)).status).toBe(201)
  }
})
afterAll(async () => {
  await database?.[Symbol.asyncDispose]()
  await platform?.stop()
  await folder?.[Symbol.asyncDispose]()
})

const create = async () => {
  const { status, body } = await call('POST', '/releases', { name: 'spring', studies })
  expect(status).toBe(201)
  return (body as Release).kf_id
}
const read = async (id: string) => (await call('GET', `/releases/${id}`)).body as Release
const until = (id: string, state: string) => eventually(async () => expect((await read(id)).state).toBe(state))
const versionsOf = async (release: string) => {
  const lists = await Promise.all(sources.map(async source => (await call('GET', `${source}versions/?limit=0`)).body))
  return (lists as Version[][]).map(versions => versions.filter(({ id }) => id === release))
}
/** Waits until the exporter has taken a command down. */
const noted = (release: string, condition: string) =>
  eventually(async () => {
    const { rows } = await database.query(`select from release_task where release = $1 and ${condition}`, [release])
    return rows.length === 1
  })

/** Nothing is written to sources until it is disposed of. */
async function holdSources(): Promise<AsyncDisposable> {
  const client = new pg.Client({ connectionString: platform.databaseUrl('exporter') })
  await client.connect()
  await client.query('begin')
  await client.query('select from source for update')
  return { [Symbol.asyncDispose]: () => client.end() }
}

async function killExporter(): Promise<void> {
  const victim = platform.processes.find(({ service }) => service === 'exporter')
  const before = victim?.restarts ?? 0
  victim?.kill('SIGKILL')
  await eventually(() => (victim?.restarts ?? 0) > before)
}

async function expectPublished(release: string): Promise<void> {
  await until(release, 'published')
  expect((await read(release)).tasks.map(({ state }) => state)).toEqual(['published'])
  const once = { id: release, released: true }
  expect(await versionsOf(release)).toMatchObject([[once], [once], [once]])
  for (const source of sources) {
    const response = await fetch(`${platform.url}${source}${release}/export/`)
    expect(response.status).toBe(200)
    await response.body?.cancel()
  }
}

async function expectNothing(release: string): Promise<void> {
  await eventually(async () => expect(await versionsOf(release)).toEqual([[], [], []]))
  const { rows } = await database.query(
    `select from blob where removed_at is null and name like '%' || $1 || '%'
      union all select from release_version join release_task using (task) where release = $1`,
    [release],
  )
  expect(rows).toEqual([])
}

describe('a release with the exporter as a participant', () => {
  it('ends with a released version and an export of every bound source', async () => {
    const release = await create()
    await until(release, 'staged')
    expect((await versionsOf(release)).flat().map(({ released }) => released)).toEqual([false, false, false])
    await call('POST', `/releases/${release}/publish`)
    await expectPublished(release)
  })

  it('leaves nothing when it is canceled, while it runs and when it is staged', async () => {
    const running = await create()
    const held = await database.hold()
    await noted(running, `state = 'running' and cut_at is not null`)
    await call('DELETE', `/releases/${running}`)
    await until(running, 'canceled')
    await held[Symbol.asyncDispose]()
    await expectNothing(running)

    const staged = await create()
    await until(staged, 'staged')
    await call('DELETE', `/releases/${staged}`)
    await until(staged, 'canceled')
    await expectNothing(staged)
  })

  it('goes on when the exporter is killed while it begins, exports, publishes', async () => {
    const beginning = await holdSources()
    const release = await create()
    await noted(release, `state = 'running' and cut_at is null`)
    await killExporter()
    const exporting = await database.hold()
    await beginning[Symbol.asyncDispose]()
    await noted(release, `state = 'running' and cut_at is not null`)
    await killExporter()
    await exporting[Symbol.asyncDispose]()
    await until(release, 'staged')

    const publishing = await holdSources()
    await call('POST', `/releases/${release}/publish`)
    await noted(release, `state = 'publishing'`)
    await killExporter()
    await publishing[Symbol.asyncDispose]()
    await expectPublished(release)
  })

  it('leaves nothing when the exporter is killed while it takes back what it made', async () => {
    const release = await create()
    await until(release, 'staged')
    const removing = await holdSources()
    await call('DELETE', `/releases/${release}`)
    await noted(release, `state = 'canceled'`)
    await killExporter()
    await removing[Symbol.asyncDispose]()
    await until(release, 'canceled')
    await expectNothing(release)
  })
})
