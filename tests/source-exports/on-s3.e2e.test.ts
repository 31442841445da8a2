import { connectBus } from '@slipway/bus'
import { identityOperations, releaseFileBytes } from '@slipway/contracts'
import { captureLog, eventually, objectStore } from '@slipway/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { withStore } from '../chaos/event-audit.ts'
import { type Answer, unzip } from './support/client.ts'
import { concept, cut, exported, largeConcept, makeSource } from './support/dictionary.ts'
import { openExporterDatabase } from './support/hold-exports.ts'
import { platform } from './support/platform.ts'

const objects = await objectStore()
afterAll(() => objects[Symbol.asyncDispose]())
const exporter = {
  ...objects.environment,
  BLOBS_S3_PREFIX: 'kept/',
  EXPORT_LEASE_SECONDS: '2',
  IMPORT_LEASE_SECONDS: '2',
}
const running = platform({ env: { exporter }, taskServices: ['exporter'] })
let database: Awaited<ReturnType<typeof openExporterDatabase>>
beforeAll(async () => {
  database = await openExporterDatabase(running.platform)
})
afterAll(() => database?.[Symbol.asyncDispose]())

const patience = { timeoutMs: 60_000 }
const importPath = '/importers/bulk-import/'
/** Their archive is some 9 MB: an upload of two parts. */
const ids = Array.from({ length: 3_000 }, (_, index) => `C${index}`)
const big = '/orgs/BIG/sources/S/'
const bigExport = `${big}v1/export/`

const one = async <Row>(text: string, values: readonly unknown[] = []): Promise<Row> =>
  (await database.query(text, [...values])).rows[0]
/** The keys of all objects that the database knows. */
const known = async () => (await database.query('select id from blob')).rows.map(({ id }) => `kept/${id}`).sort()
const keyOf = async (path: string): Promise<string> => {
  const [, , owner, , source, version] = path.split('/')
  const found = await one<{ id: string }>(
    `select b.id from blob b join export e on e.blob = b.name join source_version v on v.position = e.version
      join source s on s.position = v.source
      where b.removed_at is null and s.owner = $1 and s.id = $2 and v.id = $3`,
    [owner, source, version],
  )
  return `kept/${found.id}`
}

const postImport = (lines: readonly object[]) => {
  const text = lines.map(line => JSON.stringify(line)).join('\n')
  return running.as.ada.send('POST', importPath, text, { 'content-type': 'application/x-ndjson' })
}
const line = (org: string, fields: object) => ({
  type: 'Concept',
  owner: org,
  owner_type: 'Organization',
  source: 'S',
  ...fields,
})
const imported = (task: string) =>
  eventually(async () => {
    const { body } = await running.as.ada.get(`${importPath}?task=${task}&result=json`)
    return body.finished_at ? body : false
  }, patience)

let made = 0
/** A small source of ada's with the version `v1`, whose export is ready. */
async function ready() {
  made += 1
  const source = await makeSource(running.as.ada, `SMALL${made}`, [concept('A')])
  await cut(running.as.ada, source, 'v1')
  const answer = await exported(running.as.ada, source, 'v1')
  return { source, path: `${source}v1/export/`, answer }
}

/** As if an hour had passed: what was replaced, removed or abandoned goes. */
async function sweep() {
  await database.query(`update blob set removed_at = removed_at - interval '2 hours' where removed_at is not null`)
  await database.query(`update blob set touched_at = touched_at - interval '2 hours' where name is null`)
  const { count } = await one<{ count: number }>(
    'select count(*)::integer as count from blob where removed_at is null and name is not null',
  )
  await database.query(`update platform.timer set due_at = clock_timestamp() where name = 'every:export-sweep'`)
  await eventually(async () => {
    expect(await known()).toHaveLength(count)
    expect((await objects.keys()).sort()).toEqual(await known())
  }, patience)
}

async function bigArchive(): Promise<Answer> {
  const { ada } = running.as
  await eventually(async () => (await ada.send('HEAD', bigExport)).status === 200, { ...patience, everyMs: 200 })
  return ada.get(bigExport)
}

const content = ({ bytes }: Answer): string[] =>
  JSON.parse(unzip(bytes).text).concepts.map(({ id }: { id: string }) => id)

describe('an exporter that stores in S3', () => {
  let archive: Answer
  beforeAll(async () => {
    const { ada } = running.as
    await makeSource(ada, 'BIG')
    const sent = await postImport(ids.map(id => line('BIG', largeConcept(id, 4_000))))
    expect(sent.status, sent.text).toBe(202)
    const result = await imported(sent.body.task)
    expect(result).toMatchObject({ state: 'SUCCESS', report: { total: ids.length, created: ids.length } })
    expect(result.result.created).toHaveLength(ids.length)
    await cut(ada, big, 'v1', { released: true })
    archive = await bigArchive()
  })

  it('keeps imports and exports there, and nothing of them in the database', async () => {
    expect((await objects.keys()).sort()).toEqual(await known())
    const names = await database.query('select name, place from blob where removed_at is null order by name')
    const place = 's3://slipway/kept/'
    expect(names.rows).toEqual([
      { name: expect.stringMatching(/^imports\//), place },
      { name: expect.stringMatching(/^org\/BIG\/S\//), place },
    ])
    expect(await one('select count(*)::integer as count from blob_chunk')).toEqual({ count: 0 })
    const parts = objects.requests.filter(({ method, path }) => method === 'PUT' && path.includes('partNumber='))
    expect(parts.length).toBeGreaterThan(1)
  })

  it('hands them out: whole, in parts, on conditions, and what is known of them', async () => {
    const { ada, nobody } = running.as
    const { length } = archive.bytes
    expect(length).toBeGreaterThan(8 * 1024 * 1024)
    expect(content(archive)).toEqual(ids)
    const head = await ada.send('HEAD', bigExport)
    expect(head).toMatchObject({ status: 200, text: '', headers: { 'content-length': String(length) } })
    const url = String(archive.headers.exporturl)
    for (const [range, start, end] of [
      ['bytes=0-9', 0, 10],
      [`bytes=${8 * 1024 * 1024 - 3}-${8 * 1024 * 1024 + 3}`, 8 * 1024 * 1024 - 3, 8 * 1024 * 1024 + 4],
      ['bytes=-7', length - 7, length],
      [`bytes=5-${length * 2}`, 5, length],
    ] as const) {
      const part = await nobody.get(url, { range })
      expect(part, range).toMatchObject({
        status: 206,
        headers: { 'content-range': `bytes ${start}-${end - 1}/${length}` },
      })
      expect(part.bytes.equals(archive.bytes.subarray(start, end)), range).toBe(true)
    }
    expect((await nobody.get(url, { range: `bytes=${length}-` })).status).toBe(416)
    const etag = String(archive.headers.etag)
    for (const path of [url, bigExport]) {
      expect(await nobody.get(path, { 'if-none-match': etag })).toMatchObject({ status: 304, text: '' })
    }
  })

  it('frees what was replaced and deleted, once nobody can be reading it', async () => {
    const { ada } = running.as
    const { path, source } = await ready()
    const old = await keyOf(path)
    expect((await ada.post(path)).status).toBe(202)
    await exported(ada, source, 'v1')
    const replacing = await keyOf(path)
    expect(replacing).not.toBe(old)
    expect(await objects.keys()).toEqual(expect.arrayContaining([old, replacing]))
    await sweep()
    expect(await objects.keys()).not.toContain(old)

    expect((await ada.delete(path)).status).toBe(204)
    expect((await ada.send('HEAD', path)).status).toBe(204)
    await sweep()
    expect(await objects.keys()).not.toContain(replacing)
  })

  it.each([
    ['gone', (key: string) => objects.remove(key)],
    [
      'damaged',
      async (key: string) =>
        objects.put(
          key,
          (await objects.get(key)).map(byte => byte ^ 1),
        ),
    ],
    ['cut short', async (key: string) => objects.put(key, (await objects.get(key)).subarray(0, -1))],
  ])('finds out that an object is %s, and makes it again', async (_what, harm) => {
    const { ada, nobody } = running.as
    const { path, source, answer } = await ready()
    await harm(await keyOf(path))
    expect(await ada.get(path)).toMatchObject({ status: 208, text: '' })
    const again = await exported(ada, source, 'v1')
    expect(content(again)).toEqual(content(answer))

    await harm(await keyOf(path))
    expect((await nobody.get(String(again.headers.exporturl))).status).toBe(404)
    expect(content(await exported(ada, source, 'v1'))).toEqual(['A'])
  })

  it('breaks an answer off that turns out to be damaged, and has a good one afterwards', async () => {
    const { ada } = running.as
    const key = await keyOf(bigExport)
    const bytes = await objects.get(key)
    bytes[bytes.length - 1_000] = (bytes[bytes.length - 1_000] ?? 0) ^ 1
    await objects.put(key, bytes)
    await expect(ada.get(bigExport)).rejects.toThrow()
    archive = await bigArchive()
    expect(content(archive)).toEqual(ids)
  })
})

describe('an exporter that is killed in the middle of an upload', () => {
  it('makes the export anew, and leaves nothing of the first try', async () => {
    const { ada } = running.as
    const held = objects.hold({ when: ({ method }) => method === 'PUT' })
    expect((await ada.post(bigExport)).status).toBe(202)
    await eventually(() => held.waiting > 0, patience)
    const victim = running.platform.processes.find(({ service }) => service === 'exporter')
    const restarts = victim?.restarts ?? 0
    victim?.kill('SIGKILL')
    await eventually(() => (victim?.restarts ?? 0) > restarts, patience)
    held[Symbol.dispose]()
    expect(content(await bigArchive())).toEqual(ids)
    await sweep()
  })
})

describe('while the store is away', () => {
  it('an export waits, whatever was tried before; readers and writers are told; all goes on afterwards', async () => {
    const { ada, nobody } = running.as
    const { path, answer } = await ready()
    const held = objects.hold({ when: ({ method }) => method === 'PUT' })
    expect((await ada.post(bigExport)).status).toBe(202)
    await eventually(() => held.waiting > 0, patience)
    // The last try.
    await database.query(`update export set attempt = 3 where state = 'running'`)
    await objects.close()
    held[Symbol.dispose]()
    await eventually(async () => (await database.stateOf(big, 'v1'))?.state === 'queued', patience)

    const away = { status: 503, body: { detail: 'The object store gives no usable answer.' } }
    for (const refused of [
      await ada.get(path),
      await ada.get(path, { range: 'bytes=0-9' }),
      await nobody.get(String(answer.headers.exporturl)),
      await postImport([line('BIG', concept('LATER'))]),
    ]) {
      expect(refused).toMatchObject(away)
      expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
    }
    expect((await ada.send('HEAD', path)).status).toBe(200)
    expect((await ada.get(bigExport)).status).toBe(208)
    expect((await ada.post(`${big}concepts/`, concept('MEANWHILE'))).status).toBe(201)

    await objects.reopen()
    expect((await ada.get(path)).bytes.equals(answer.bytes)).toBe(true)
    expect(content(await bigArchive())).toEqual(ids)
    expect((await ada.get(`${big}v1/`)).body.export_error ?? null).toBeNull()
  })

  it('an import waits, too', async () => {
    await makeSource(running.as.ada, 'WAITS')
    const held = objects.hold({ when: ({ method }) => method === 'GET' })
    const { body } = await postImport(ids.slice(0, 1_000).map(id => line('WAITS', concept(id))))
    await eventually(() => held.waiting > 0, patience)
    // The last try.
    await database.query('update bulk_import set attempt = 3 where id = $1', [body.task])
    await objects.close()
    held[Symbol.dispose]()
    await eventually(async () => {
      const row = await one<{ lease: string | null }>('select lease from bulk_import where id = $1', [body.task])
      return row.lease === null
    }, patience)
    await objects.reopen()
    expect(await imported(body.task)).toMatchObject({ state: 'SUCCESS', report: { created: 1_000 } })
  })
})

describe('a release with the exporter as a participant', () => {
  it('has its files there', async () => {
    const { admin } = running.as
    const source = await makeSource(admin, 'BOUND', [concept('A')])
    expect((await admin.put(source, { extras: { study_id: 'SD_EXP0RT01' } })).status).toBe(200)
    const text = `insert into study (kf_id, name, visible) values ('SD_EXP0RT01', 'One', true)`
    await withStore(running.platform, 'coordinator', store => store.write({ name: 'test.study', text }))
    const bearer = { authorization: `Bearer ${running.platform.adminToken}` }
    const created = await admin.send('POST', '/releases', { name: 'spring', studies: ['SD_EXP0RT01'] }, bearer)
    expect(created.status, created.text).toBe(201)
    const { kf_id: release } = created.body
    await eventually(async () => expect((await admin.get(`/releases/${release}`)).body.state).toBe('staged'), patience)

    const file = await one<{ id: string; key: string }>(
      `select v.id, b.id as key from release_version v join blob b on b.name = v.blob join release_task t using (task)
        where t.release = $1`,
      [release],
    )
    expect(await objects.keys()).toContain(`kept/${file.key}`)
    const servers = running.platform.natsUrl('gateway')
    const bus = await connectBus({ servers, name: 'gateway', version: '1.0.0', log: captureLog().log })
    await using opened = new AsyncDisposableStack()
    opened.defer(() => bus.close())
    const { identity_token: service } = await bus.call(identityOperations.service, { service: 'gateway' })
    const asked = { file: file.id, head: false }
    const answer = await bus.openStream(releaseFileBytes.read, asked, { service, timeoutMs: 10_000 })
    const pieces: Uint8Array[] = []
    for await (const piece of answer.body) pieces.push(piece)
    expect(Buffer.concat(pieces).equals(await objects.get(`kept/${file.key}`))).toBe(true)
  })
})
