import { createHash } from 'node:crypto'
import { eventually, type ScriptedTaskService, scriptedTaskService } from '@slipway/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { withStore } from '../chaos/event-audit.ts'
import { world } from '../release-packages/download-support/world.ts'

const [study, exported] = ['SD_C0NTENT1', 'SD_C0NTENT2']
const patience = { timeoutMs: 60_000 }

const slipway = world(async () => ({
  replicas: { catalog: 2 },
  taskServices: ['exporter', 'catalog'],
  env: {
    gateway: { SLIPWAY_RATE_LIMIT: '1000000' },
    coordinator: { TASK_POLL_SECONDS: '0.3', TASK_POLL_TRIES: '1000', COMMAND_TRIES: '8' },
  },
}))
const { call } = slipway

type Release = { readonly state: string; readonly version: string }
type File = { readonly label: string; readonly fileSize: string; readonly clientDownloadUrl: string }
type Version = { readonly name: string; readonly online: boolean; readonly releaseFiles: readonly File[] }

const content = Buffer.from('words '.repeat(1000))
const sha256 = createHash('sha256').update(content).digest('hex')
let tools: ScriptedTaskService
const packages = { study: 0, exported: 0 }

async function made(path: string, body: object, status = 201) {
  const answer = await call('admin', 'POST', path, body)
  expect(answer.status, JSON.stringify(answer.body)).toBe(status)
  return answer.body
}

beforeAll(async () => {
  for (const id of [study, exported]) {
    const text = 'insert into study (kf_id, name, visible) values ($1, $1, true)'
    await withStore(slipway.platform, 'coordinator', store => store.write({ name: 'content-study', text }, [id]))
  }
  tools = await scriptedTaskService()
  const url = slipway.origin.put('/words.txt', { content })
  tools.on('get_status', { says: { files: [{ study, name: 'words.txt', url, size: content.length, sha256 }] } })
  const service = { description: 'x', author: 'test' }
  await made('/task-services', { ...service, name: 'tools', url: tools.url })

  await made('/orgs/', { id: 'ORG', name: 'ORG' })
  const source = { id: 'WORDS', name: 'Words', extras: { study_id: exported } }
  await made('/orgs/ORG/sources/', source)
  const names = [{ name: 'One', locale: 'en' }]
  await made('/orgs/ORG/sources/WORDS/concepts/', { id: '1', concept_class: 'Term', datatype: 'N/A', names })

  for (const [name, id] of Object.entries({ study, exported })) {
    const { releasePackageId } = await made('/api/releasePackages', { name }, 200)
    packages[name as 'study'] = releasePackageId
    const path = `/api/releasePackages/${releasePackageId}/study`
    expect(await call('admin', 'PUT', path, { study: id })).toMatchObject({ status: 200, body: { study: id } })
    expect(await call('nobody', 'PUT', path, { study: id })).toMatchObject({ status: 401 })
    expect(await call('ann', 'GET', path)).toMatchObject({ status: 403 })
  }
  return () => tools[Symbol.asyncDispose]()
})

const create = async (): Promise<string> =>
  (await made('/releases', { name: 'Spring', studies: [study, exported] })).kf_id
const read = async (id: string): Promise<Release> => (await call('admin', 'GET', `/releases/${id}`)).body
const until = (id: string, state: string) =>
  eventually(async () => expect((await read(id)).state).toBe(state), patience)
const versionsOf = async (id: number): Promise<Version[]> =>
  (await call('admin', 'GET', `/api/releasePackages/${id}`)).body.releaseVersions
const allVersions = async () => [...(await versionsOf(packages.study)), ...(await versionsOf(packages.exported))]
const noVersions = () => eventually(async () => expect(await allVersions()).toEqual([]), patience)

let published = 0

async function killCatalogs(): Promise<void> {
  const victims = slipway.platform.processes.filter(({ service }) => service === 'catalog')
  const before = victims.map(({ restarts }) => restarts)
  for (const victim of victims) victim.kill('SIGKILL')
  await eventually(() => victims.every((victim, index) => victim.restarts > (before[index] ?? 0)), patience)
}

const fetched = (person: 'admin' | 'ann' | 'nobody', { clientDownloadUrl }: File, headers = {}) =>
  slipway.get(person, { packageId: 0, versionId: 0, fileId: 0, path: clientDownloadUrl }, { headers })

describe('a release with the catalog as a participant', () => {
  it('leaves nothing when it is canceled', async () => {
    const release = await create()
    await until(release, 'staged')
    expect(await allVersions()).toMatchObject([{ online: false }, { online: false }])
    expect((await call('admin', 'DELETE', `/releases/${release}`)).status).toBe(200)
    await until(release, 'canceled')
    await noVersions()
  })

  it('leaves nothing online when another participant fails', async () => {
    const release = await create()
    await until(release, 'staged')
    tools.on('publish', { status: 500 })
    expect((await call('admin', 'POST', `/releases/${release}/publish`)).status).toBe(200)
    await until(release, 'failed')
    tools.on('publish')
    await noVersions()
  })

  it('ends with a version in each package, whose files can be had', async () => {
    const release = await create()
    await until(release, 'staged')
    const { version: candidate } = await read(release)
    const staged = { name: `Spring ${candidate}`, online: false }
    expect(await allVersions()).toMatchObject([staged, staged])
    const [offline] = (await allVersions()).flatMap(({ releaseFiles }) => releaseFiles) as [File]
    expect((await fetched('ann', offline)).status).toBe(403)

    expect((await call('admin', 'POST', `/releases/${release}/publish`)).status).toBe(200)
    await until(release, 'published')
    const { version } = await read(release)
    const online = { name: `Spring ${version}`, online: true }
    await eventually(async () => expect(await allVersions()).toMatchObject([online, online]), patience)

    const [[words], [archive]] = (await allVersions()).map(({ releaseFiles }) => releaseFiles) as [[File], [File]]
    expect(words).toMatchObject({ label: 'words.txt', fileSize: String(content.length) })
    const answer = await fetched('admin', words)
    expect([answer.status, await answer.bytes()]).toEqual([200, content])
    const digest = (bytes: Uint8Array) => `sha-256=:${createHash('sha256').update(bytes).digest('base64')}:`
    expect(answer.headers['repr-digest']).toBe(digest(content))

    for (const person of ['nobody', 'ann'] as const) {
      expect((await fetched(person, archive)).status).toBe(person === 'nobody' ? 401 : 403)
    }
    const whole = await fetched('admin', archive)
    const bytes = await whole.bytes()
    expect(whole.headers).toMatchObject({
      'content-length': archive.fileSize,
      'content-disposition': expect.stringContaining('attachment'),
      'repr-digest': digest(bytes),
      etag: `"${createHash('sha256').update(bytes).digest('hex')}"`,
    })
    const { etag } = whole.headers as { etag: string }
    expect((await fetched('admin', archive, { 'if-none-match': etag })).status).toBe(304)
    const part = await fetched('admin', archive, { range: 'bytes=2-5', 'if-range': etag })
    expect([part.status, await part.bytes()]).toEqual([206, bytes.subarray(2, 6)])
    expect((await fetched('admin', archive, { range: 'bytes=99999999-' })).status).toBe(416)

    const told = {
      name: 'told',
      text: `select count(*) as told from audit_event where type = 'RELEASE_VERSION_NOTIFIED'`,
    }
    await eventually(async () => expect(await slipway.store.query(told)).toEqual([{ told: 2 }]), patience)
  })

  it('ends whole or not at all when the catalog is killed in each phase', async () => {
    const known = (await allVersions()).length
    const files = { files: [{ study, name: 'words.txt', url: slipway.origin.put('/again.txt', { content }) }] }
    for (const phase of ['waiting', 'publishing', 'canceling']) {
      tools.on('get_status', { says: { state: 'running', ...files } })
      const release = await create()
      await until(release, 'running')
      if (phase === 'waiting') await killCatalogs()
      tools.on('get_status', { says: files })
      await until(release, 'staged')
      if (phase === 'canceling') await call('admin', 'DELETE', `/releases/${release}`)
      else await call('admin', 'POST', `/releases/${release}/publish`)
      if (phase === 'publishing' || phase === 'canceling') await killCatalogs()
      const ends = ['published', 'failed', 'canceled']
      const { state } = await eventually(async () => {
        const answer = await read(release)
        expect(ends).toContain(answer.state)
        return answer
      }, patience)
      const ofRelease = { name: 'of-release', text: 'select from release_task_version where release = $1' }
      await eventually(async () => {
        expect(await slipway.store.query(ofRelease, [release]), phase).toHaveLength(state === 'published' ? 2 : 0)
      }, patience)
      published += state === 'published' ? 1 : 0
      const now = () => allVersions().then(versions => [versions.length, versions.every(({ online }) => online)])
      await eventually(async () => expect(await now(), phase).toEqual([known + 2 * published, true]), patience)
    }
    const told = {
      name: 'told-once',
      text: 'select count(distinct release_version_id) as once, count(*) as told from notification',
    }
    await eventually(async () => {
      const count = 2 + 2 * published
      expect(await slipway.store.query(told)).toEqual([{ once: count, told: count }])
    }, patience)
  }, 200_000)

  it('does not let people take the address of a file to another place', async () => {
    const path = `/api/releasePackages/${packages.exported}`
    const [version] = (await call('admin', 'GET', path)).body.releaseVersions
    const [file] = version.releaseFiles
    const files = `${path}/releaseVersions/${version.releaseVersionId}/releaseFiles`
    expect(file.downloadUrl).toMatch(/^slipway:\/\/exporter\//)
    expect(await call('admin', 'PUT', files, { ...file, label: 'x' })).toMatchObject({
      status: 200,
      body: { label: 'x' },
    })
    expect((await call('admin', 'POST', files, { label: 'y', downloadUrl: file.downloadUrl })).status).toBe(400)
  })
})
