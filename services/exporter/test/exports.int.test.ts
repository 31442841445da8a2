import { randomBytes } from 'node:crypto'
import { postgresBlobs } from '@slipway/blobs'
import {
  exportOperations,
  type InputOf,
  orgMemberOperations,
  sourceOperations,
  sourceVersionOperations,
} from '@slipway/contracts'
import type { Statement } from '@slipway/store'
import { eventually } from '@slipway/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sweep } from '../src/export/sweep.ts'
import { as, type Person, type RunningExporter, startExporter, type Target } from './start-exporter.ts'
import { unzip } from './unzip.ts'

let running: RunningExporter
beforeAll(async () => {
  running = await startExporter({ EXPORT_LEASE_SECONDS: '1' })
  await running.replica()
})
afterAll(() => running[Symbol.asyncDispose]())

const status = async (target: Target, head = false) =>
  (await running.read(exportOperations.get, { ...target, version: 'v1', head })).status
const start = (target: Target, person: 'ada' | 'bob' | 'nobody' = 'ada') =>
  running.bus.request(exportOperations.start, { ...target, version: 'v1' }, as(person))
const remove = (target: Target, person: 'ada' | 'bob' | 'nobody' = 'ada') =>
  running.bus.request(exportOperations.delete, { ...target, version: 'v1' }, as(person))
/** Puts the export into a state that a worker will not touch meanwhile. */
const put = (state: string, asked: string) =>
  running.store.write(
    {
      name: 'test.put-export',
      text: `update export set state = $1, asked_by = $2, lease = null, blob = null, due_at = now() + interval '1 hour'
        where version in (select position from source_version where id = 'v1')`,
    },
    [state, asked],
  )

describe('an export', () => {
  it('is made with each version and holds what was frozen', async () => {
    const target = await running.dictionary('FILE', ['A', 'B'])
    const version = await running.freeze(target, 'v1')
    await running.addConcept(target, 'C')
    await running.bus.call(sourceOperations.update, { ...target, body: { name: 'renamed' } }, as('ada'))
    const { headers, bytes } = await running.exported(target, 'v1')
    const { name, text } = unzip(bytes)
    expect(name).toBe('export.json')
    expect(text.startsWith('{"type": "Source Version"')).toBe(true)
    expect(text.indexOf('"extras":{}')).toBeLessThan(text.indexOf('"concepts"'))
    expect(text.indexOf('"concepts":[')).toBeLessThan(text.indexOf('"mappings":[]'))
    const file = JSON.parse(text)
    expect(Object.keys(file).at(-1)).toBe('export_time')
    expect(file.concepts.map((concept: { id: string }) => concept.id)).toEqual(['A', 'B'])
    expect(file.source.name).toBe('Source')
    expect(file).toMatchObject({ id: 'v1', version: 'v1', active_concepts: 2, uuid: version.uuid })
    const newest = file.concepts[1].updated_on
    expect(headers).toMatchObject({
      lastupdated: newest,
      'last-updated': newest,
      lastupdatedtimezone: 'UTC',
      'content-type': 'application/zip',
      'content-disposition': `attachment; filename=S_v1.${newest.replace(/\D/g, '').slice(0, 14)}.zip`,
      'content-length': String(bytes.length),
    })
    const url = new URL(headers.exporturl ?? '')
    expect(url.pathname).toMatch(/^\/orgs\/FILE\/sources\/S\/v1\/export\/S_v1\.\d{14}\.zip$/)
  })

  it('follows the table of states', async () => {
    const target = await running.dictionary('STATES', ['A'])
    await running.freeze(target, 'v1')
    await running.exported(target, 'v1')
    expect(await status(target, true)).toBe(200)

    await put('queued', 'command')
    expect([await status(target), await status(target, true)]).toEqual([208, 208])
    await expect(start(target)).rejects.toMatchObject({
      code: 'conflict',
      message: 'Export is already being processed.',
    })
    expect((await remove(target)).status).toBe(204)
    await expect(remove(target)).rejects.toMatchObject({ code: 'not_found' })
    expect(await status(target, true)).toBe(204)

    await put('queued', 'read')
    const adopted = await start(target)
    expect(adopted).toMatchObject({ status: 202, headers: { url: '/orgs/STATES/sources/S/v1/export/' } })
    await expect(start(target)).rejects.toMatchObject({ code: 'conflict' })

    await put('absent', 'command')
    expect(await status(target)).toBe(204)
    await running.exported(target, 'v1')
    expect((await start(target)).status).toBe(202)
    await running.exported(target, 'v1')
    expect((await remove(target)).status).toBe(204)
    expect(await status(target, true)).toBe(204)
  })

  it('is nothing for HEAD and for what is not there', async () => {
    const target = await running.dictionary('HEADS')
    const read = (version: string) => running.read(exportOperations.get, { ...target, version })
    await expect(read('HEAD')).rejects.toMatchObject({
      code: 'method_not_allowed',
      message: "Method 'GET' not allowed.",
    })
    await expect(read('v9')).rejects.toMatchObject({ code: 'not_found' })
    await expect(read('latest')).rejects.toMatchObject({ code: 'not_found' })
  })

  it('asks for rights: anybody who may see it may start it, admins delete it', async () => {
    const target = await running.dictionary('RIGHTS')
    await running.freeze(target, 'v1')
    await running.exported(target, 'v1')
    await expect(start(target, 'nobody')).rejects.toMatchObject({ code: 'unauthenticated' })
    await expect(remove(target, 'nobody')).rejects.toMatchObject({ code: 'unauthenticated' })
    await expect(remove(target, 'bob')).rejects.toMatchObject({ code: 'forbidden' })
    expect((await start(target, 'bob')).status).toBe(202)
    await running.bus.call(sourceOperations.update, { ...target, body: { public_access: 'None' } }, as('ada'))
    const get = (person: 'bob' | 'nobody') => running.read(exportOperations.get, { ...target, version: 'v1' }, person)
    for (const person of ['bob', 'nobody'] as const) {
      await expect(get(person)).rejects.toMatchObject({ code: 'not_found' })
      for (const act of [start, remove]) {
        await expect(act(target, person)).rejects.toMatchObject({ code: 'not_found' })
      }
    }
  })

  it('is downloaded by its signed URL, in parts, and not once it is replaced', async () => {
    const target = await running.dictionary('URLS', ['A'])
    await running.freeze(target, 'v1')
    const { headers, bytes } = await running.exported(target, 'v1')
    const url = new URL(headers.exporturl ?? '')
    const input = {
      ...target,
      version: 'v1',
      file: url.pathname.split('/').at(-1) ?? '',
      expires: url.searchParams.get('expires') ?? '',
      signature: url.searchParams.get('signature') ?? '',
    }
    const download = (more: object = {}) => running.read(exportOperations.download, { ...input, ...more }, 'nobody')
    expect((await download()).bytes.equals(bytes)).toBe(true)
    const part = await download({ range: 'bytes=10-19' })
    expect(part).toMatchObject({ status: 206, headers: { 'content-range': `bytes 10-19/${bytes.length}` } })
    expect(part.bytes.equals(bytes.subarray(10, 20))).toBe(true)
    expect((await download({ range: `bytes=${bytes.length}-` })).status).toBe(416)
    expect(await download({ ifNoneMatch: headers.etag })).toMatchObject({ status: 304, text: '' })
    await expect(download({ signature: 'x' })).rejects.toMatchObject({ code: 'forbidden' })
    await expect(download({ file: 'other.zip' })).rejects.toMatchObject({ code: 'forbidden' })
    await start(target)
    await running.exported(target, 'v1')
    await expect(download()).rejects.toMatchObject({ code: 'not_found' })
  })

  it('is not downloaded by a signed URL any more by whom it was given to once they may not see it', async () => {
    const target = await running.dictionary('HIDDEN', ['A'])
    await running.freeze(target, 'v1')
    await running.exported(target, 'v1')
    const download = async (person: Person) => {
      const { headers } = await running.read(exportOperations.get, { ...target, version: 'v1' }, person)
      const url = new URL(headers.exporturl ?? '')
      const parameters = { expires: url.searchParams.get('expires'), signature: url.searchParams.get('signature') }
      const file = url.pathname.split('/').at(-1)
      const input = { ...target, version: 'v1', file, ...parameters } as InputOf<typeof exportOperations.download>
      return async () => (await running.read(exportOperations.download, input, 'nobody')).status
    }
    const member = (operation: typeof orgMemberOperations.add | typeof orgMemberOperations.remove) =>
      running.bus.request(operation, { org: 'HIDDEN', member: 'bob' }, as('ada'))
    const access = (public_access: 'View' | 'None') =>
      running.bus.call(sourceOperations.update, { ...target, body: { public_access } }, as('ada'))
    const [nobody, bob, ada, staff] = await Promise.all((['nobody', 'bob', 'ada', 'staff'] as const).map(download))
    expect(await nobody?.()).toBe(200)
    await access('None')
    await expect(nobody?.()).rejects.toMatchObject({ code: 'not_found' })
    await expect(bob?.()).rejects.toMatchObject({ code: 'not_found' })
    expect([await ada?.(), await staff?.()]).toEqual([200, 200])
    await member(orgMemberOperations.add)
    const asMember = await download('bob')
    expect(await asMember()).toBe(200)
    await member(orgMemberOperations.remove)
    await expect(asMember()).rejects.toMatchObject({ code: 'not_found' })
    await access('View')
    expect(await asMember()).toBe(200)
  })

  it('has one job, however many ask at the same time', async () => {
    const target = await running.dictionary('RACE')
    await running.freeze(target, 'v1')
    await running.exported(target, 'v1')
    await put('absent', 'command')
    const results = await Promise.allSettled(Array.from({ length: 12 }, () => start(target)))
    // Those that come after the job is done are right to start another one.
    expect(results.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(0)
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'conflict' })
    const queued = await running.store.read<{ events: number; ready: number }>({
      name: 'test.export-events',
      text: `select count(*) filter (where verb = 'queued') as events, count(*) filter (where verb = 'ready') as ready
        from platform.outbox where noun = 'export'`,
    })
    await running.exported(target, 'v1')
    expect(queued[0]?.events).toBeGreaterThanOrEqual(queued[0]?.ready ?? 0)
  })

  it('is taken over from a worker that died, however many tries it has had', async () => {
    const target = await running.dictionary('DEAD', ['A'])
    await running.freeze(target, 'v1')
    await running.exported(target, 'v1')
    await running.store.write({
      name: 'test.dead-worker',
      text: `update export set state = 'running', attempt = 3, deaths = 5, lease = gen_random_uuid(), blob = null,
          due_at = now() + interval '300 milliseconds'
        where version in (select position from source_version v where v.id = 'v1')`,
    })
    expect(await status(target)).toBe(208)
    await running.exported(target, 'v1')
  })

  it.each([
    ['gone', 'delete from blob_chunk where blob = $1'],
    ['damaged', 'update blob_chunk set bytes = set_byte(bytes, 99, get_byte(bytes, 99) # 1) where blob = $1'],
    ['forgotten', 'delete from blob where id = $1'],
  ])('that is %s is found out and made again for whoever asks', async (how, text) => {
    const target = await running.dictionary(`LOST-${how}`, ['A'])
    await running.freeze(target, 'v1')
    const before = await running.exported(target, 'v1')
    const [found] = await running.store.read<{ id: string }>(
      {
        name: 'test.blob-of',
        text: `select b.id from blob b join export e on e.blob = b.name join source_version v on v.position = e.version
          join source s on s.position = v.source where s.owner = $1 and b.removed_at is null`,
      },
      [target.owner],
    )
    await running.store.write({ name: `test.lose-${how}`, text }, [found?.id])
    expect(await status(target, true)).toBe(how === 'forgotten' ? 204 : 200)
    expect(await status(target)).toBe(208)
    const after = await running.exported(target, 'v1')
    const content = (zip: Buffer) => ({ ...JSON.parse(unzip(zip).text), export_time: null })
    expect(content(after.bytes)).toEqual(content(before.bytes))
  })

  it('of many pieces breaks off where it is damaged, and is whole for whoever asks again', async () => {
    const target = await running.dictionary('LOST-LATE')
    // Random text, which no archive makes small.
    const names = Array.from({ length: 40 }, () => ({ name: randomBytes(12_000).toString('base64'), locale: 'en' }))
    await running.addConcept(target, 'BIG', { names: names.slice(0, 20) })
    await running.addConcept(target, 'BIG2', { names: names.slice(20) })
    await running.freeze(target, 'v1')
    const before = await running.exported(target, 'v1')
    await running.store.write({
      name: 'test.damage-end',
      text: `update blob_chunk set bytes = set_byte(bytes, 9, get_byte(bytes, 9) # 1)
        where blob = (select id from blob order by created_at desc limit 1) and number = 3`,
    })
    await expect(running.read(exportOperations.get, { ...target, version: 'v1' })).rejects.toThrow()
    const after = await running.exported(target, 'v1')
    expect(after.headers['content-length']).toBe(String(after.bytes.length))
    expect(after.bytes.length).toBeGreaterThan(before.bytes.length - 1000)
  })

  it('leaves nothing behind when its source goes', async () => {
    const target = await running.dictionary('SWEPT', ['A'])
    await running.freeze(target, 'v1')
    await running.exported(target, 'v1')
    await running.bus.request(sourceOperations.delete, target, as('ada'))
    const blobs = postgresBlobs(running.store)
    const [orphan] = await running.store.read<{ name: string }>({
      name: 'test.orphans',
      text: 'select name from orphaned_blob',
    })
    expect(await blobs.find(orphan?.name ?? '')).not.toBeNull()
    await sweep(running.store, blobs)
    expect(await blobs.find(orphan?.name ?? '')).toBeNull()
    await blobs.sweep({ removedMs: 0 })
    const left: Statement = { name: 'test.left', text: 'select id from blob where removed_at is not null' }
    expect(await running.store.read(left)).toEqual([])
  })

  it('is given up when it kills every process, says why, and reading does not start it again at once', async () => {
    const target = await running.dictionary('FAILS')
    await running.freeze(target, 'v1')
    await running.exported(target, 'v1')
    await running.store.write({
      name: 'test.last-attempt',
      text: `update export set state = 'running', deaths = 10, lease = gen_random_uuid(), blob = null, due_at = now()
        where version in (select position from source_version v where v.id = 'v1')`,
    })
    await eventually(async () => {
      const { text } = await running.read(sourceVersionOperations.get, { ...target, version: 'v1' })
      return JSON.parse(text).export_error === 'every process that made it died'
    })
    expect([await status(target), await status(target)]).toEqual([204, 204])
    expect((await start(target)).status).toBe(202)
    await running.exported(target, 'v1')
    const { text } = await running.read(sourceVersionOperations.get, { ...target, version: 'v1' })
    expect(JSON.parse(text)).toMatchObject({ export_error: null, is_processing: false })
  })
})
