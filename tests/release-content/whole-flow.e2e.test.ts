import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { eventually } from '@slipway/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { withStore } from '../chaos/event-audit.ts'
import type { Person } from '../release-packages/download-support/world.ts'
import { readExport } from '../source-exports/support/read-export.ts'
import { flow, nameOf, type Part, patience, type Release } from './support/flow.ts'

const running = flow()
const { slipway, parts } = running
const day = () => new Date().toISOString().slice(0, 10)

type File = { readonly label: string; readonly fileSize: string; readonly clientDownloadUrl: string }
type Version = { readonly name: string; readonly online: boolean; readonly releaseFiles: readonly File[] }

let release: Release

/** Has a schedule start a release today. */
async function schedule(): Promise<string> {
  const write = async (method: string, path: string, body: object) => {
    const headers = { 'content-type': 'application/json', authorization: 'Token downloads-administrator-token' }
    const url = `${slipway.platform.url}/rest_api/v1/${path}`
    const answer = await fetch(url, { method, headers, body: JSON.stringify(body) })
    expect(answer.ok, path).toBe(true)
    return (await answer.json()) as { readonly id: number; readonly name: string; readonly release_id: string }
  }
  const sla = await write('POST', 'component-sla-types/', { name: 'ga' })
  const fields = { short: 'rel', version: '1', name: 'Release', release_type: 'ga' }
  const { release_id } = await write('POST', 'releases/', fields)
  const { id } = await write('POST', 'release-schedules/', { sla: sla.name, release: release_id, date: day() })
  const template = { name: 'Spring', studies: parts.map(({ study }) => study) }
  await write('PUT', `release-schedules/${id}/release-template/`, template)
  return eventually(async () => {
    const { body } = await running.admin.call('GET', '/releases')
    const [started] = (body as { results: Release[] }).results
    return started?.kf_id ?? false
  }, patience) as Promise<string>
}

const versionsOf = async (person: Person, part: Part): Promise<Version[]> =>
  (await slipway.call(person, 'GET', `/api/releasePackages/${running.packageId(part)}`)).body.releaseVersions
const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const fetched = (person: Person, file: File, request = {}) =>
  slipway.get(person, { packageId: 0, versionId: 0, fileId: 0, path: file.clientDownloadUrl }, request)
async function filesOf(part: Part): Promise<{ readonly tool: File; readonly archive: File }> {
  const [version] = await versionsOf('ann', part)
  const files = version?.releaseFiles ?? []
  const tool = files.find(({ label }) => label === part.tool.name)
  const archive = files.find(({ label }) => label !== part.tool.name)
  expect(files, part.packageName).toHaveLength(2)
  return { tool, archive } as { tool: File; archive: File }
}

describe('a release, from the calendar to the reader', () => {
  beforeAll(async () => {
    const id = await schedule()
    await running.drive(id, 'staged')
    for (const part of parts) {
      expect(await versionsOf('admin', part)).toMatchObject([{ online: false }])
      expect(await versionsOf('ann', part)).toEqual([])
    }
    await running.admin.call('POST', `/releases/${id}/publish`)
    release = await running.drive(id, 'published')
  })

  it('sets a version online in each package, and releases the versions of the sources', async () => {
    const version = { name: `Spring ${release.version}`, online: true }
    for (const part of parts) {
      await eventually(async () => expect(await versionsOf('ann', part)).toMatchObject([version]), patience)
      const { body } = await running.admin.call('GET', `${part.source}versions/?limit=0`)
      expect(body).toMatchObject([{ id: 'HEAD' }, { id: release.kf_id, released: true }])
    }
  })

  it('tells each affiliate of each version, once', async () => {
    const told = () =>
      running.mails.mails
        .filter(({ subject }) => subject.startsWith('Release notification'))
        .map(({ subject, recipients }) => [subject, ...recipients])
        .toSorted()
    const expected = parts.map(({ packageName }) => [
      `Release notification: ${packageName} - Spring ${release.version}`,
      'ann@example.org',
    ])
    await eventually(() => expect(told()).toEqual(expected), patience)
  })

  it.each(parts)('hands out $packageName: what was imported, and what the task service made', async part => {
    const { tool, archive } = await filesOf(part)
    const whole = await fetched('ann', archive)
    const bytes = await whole.bytes()
    const sha256 = digest(bytes)
    expect(whole.status).toBe(200)
    expect(whole.headers).toMatchObject({
      'content-length': archive.fileSize,
      'content-type': 'application/zip',
      'repr-digest': `sha-256=:${Buffer.from(sha256, 'hex').toString('base64')}:`,
      etag: `"${sha256}"`,
    })
    const { concepts } = await readExport(bytes)
    const shown = concepts.map(({ id, display_name }) => [id, display_name]).toSorted()
    expect(shown).toEqual(part.concepts.map(id => [id, nameOf(id)]).toSorted())

    const words = await fetched('ann', tool)
    expect([words.status, digest(await words.bytes())]).toEqual([200, part.tool.sha256])
    expect(tool.fileSize).toBe(String(part.tool.content.length))
  })

  it.each(parts)('hands out parts of the files of $packageName, and what is known of them', async part => {
    const { tool, archive } = await filesOf(part)
    for (const file of [archive, tool]) {
      const bytes = await (await fetched('ann', file)).bytes()
      const head = await fetched('ann', file, { method: 'HEAD' })
      expect([head.status, head.headers['content-length']]).toEqual([200, file.fileSize])
      expect(await head.bytes()).toHaveLength(0)
      const middle = await fetched('ann', file, { headers: { range: 'bytes=10-29' } })
      expect([middle.status, middle.headers['content-range']]).toEqual([206, `bytes 10-29/${bytes.length}`])
      expect(await middle.bytes()).toEqual(bytes.subarray(10, 30))
      const rest = await fetched('ann', file, { headers: { range: `bytes=${bytes.length - 5}-` } })
      expect(await rest.bytes()).toEqual(bytes.subarray(-5))
      const beyond = await fetched('ann', file, { headers: { range: `bytes=${bytes.length}-` } })
      expect(beyond.status).toBe(416)
    }
  })

  it('is for those only who may have it', async () => {
    for (const part of parts) {
      for (const file of Object.values(await filesOf(part))) {
        for (const method of ['GET', 'HEAD'] as const) {
          const statuses = await Promise.all(
            (['nobody', 'bob', 'sten'] as const).map(async person => (await fetched(person, file, { method })).status),
          )
          expect(statuses, `${method} ${file.label}`).toEqual([401, 403, 200])
        }
      }
    }
  })
})

describe('a file whose bytes the platform has lost', () => {
  const blob = '(select blob from release_version where study = $1)'
  const chunks = `blob_chunk where blob = (select id from blob where name = ${blob})`

  it.each([
    ['damaged', `update blob_chunk set bytes = set_byte(bytes, 0, 0) where ctid in (select ctid from ${chunks})`],
    ['gone', `delete from ${chunks}`],
    ['forgotten', `update blob set removed_at = now() where name = ${blob}`],
  ])('because they are %s is an error for the reader, in the trail and in the log', async (loss, text) => {
    const [part] = parts
    const { archive } = await filesOf(part)
    const { platform, store } = slipway
    await withStore(platform, 'exporter', store => store.write({ name: loss, text }, [part.study]))

    const answer = await fetched('ann', archive)
    const message = 'The file is lost or damaged where it is kept.'
    expect([answer.status, (await answer.json()).message]).toEqual([502, message])
    const trail = {
      name: 'lost',
      text: `select principal, data ->> 'download.statusCode' as status from audit_event
        where type = 'RELEASE_FILE_DOWNLOADED' order by audit_event_id desc limit 1`,
    }
    await eventually(async () => expect(await store.read(trail)).toEqual([{ principal: 'ann', status: '502' }]))
    const log = await readFile(join(platform.logs, 'exporter-1.log'), 'utf8')
    expect(log).toContain('"event":"release_file_lost"')
    const [other] = (await versionsOf('ann', parts[1])).flatMap(({ releaseFiles }) => releaseFiles)
    expect((await fetched('ann', other as File)).status).toBe(200)
  })
})
