import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { eventually } from '@slipway/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { concept, cut, exported, largeConcept, makeSource } from './support/dictionary.ts'
import { openExporterDatabase } from './support/hold-exports.ts'
import { platform } from './support/platform.ts'

const running = platform({ replicas: { exporter: 2 } })
let database: Awaited<ReturnType<typeof openExporterDatabase>>
beforeAll(async () => {
  database = await openExporterDatabase(running.platform)
})
afterAll(() => database?.[Symbol.asyncDispose]())

let made = 0
/** A source of ada's with the version `v1`, whose export is ready. */
async function ready() {
  made += 1
  const source = await makeSource(running.as.ada, `STATES${made}`, [concept('A')])
  await cut(running.as.ada, source, 'v1')
  await exported(running.as.ada, source, 'v1')
  return { source, path: `${source}v1/export/` }
}

const statuses = async (path: string) => {
  const { bob } = running.as
  const [seen, head] = [await bob.get(path), await bob.send('HEAD', path)]
  expect(seen.text === '' || seen.status === 200).toBe(true)
  expect(head.bytes).toHaveLength(0)
  return [seen.status, head.status]
}
const conflict = { status: 409, body: { detail: 'Export is already being processed.' } }

describe('an export that is ready', () => {
  it('is shown by GET and HEAD alike, made anew by POST, deleted once by DELETE', async () => {
    const { ada, bob } = running.as
    const { path } = await ready()
    const [full, head] = [await bob.get(path), await bob.send('HEAD', path)]
    expect([full.status, head.status]).toEqual([200, 200])
    const { date: _date, exporturl: _url, ...headers } = full.headers
    const { date: _headDate, exporturl: headUrl, ...headHeaders } = head.headers
    expect(headHeaders).toEqual(headers)
    expect((await running.as.nobody.get(String(headUrl))).bytes.equals(full.bytes)).toBe(true)
    expect(full.headers).not.toHaveProperty('content-encoding')

    expect((await ada.delete(path)).status).toBe(204)
    expect((await running.as.nobody.get(String(full.headers.exporturl))).status).toBe(404)
    expect(await ada.delete(path)).toMatchObject({ status: 404, body: { detail: 'Not found.' } })
    expect((await bob.send('HEAD', path)).status).toBe(204)
  })

  it('is started by exactly one of two that POST at the same time', async () => {
    const { ada, bob } = running.as
    const { source, path } = await ready()
    await using _held = await database.hold()
    const both = await Promise.all([ada.post(path), bob.post(path)])
    expect(both.map(({ status }) => status).sort()).toEqual([202, 409])
    expect(both.find(({ status }) => status === 409)).toMatchObject(conflict)
    expect(both.find(({ status }) => status === 202)).toMatchObject({ text: '', headers: { url: path } })
    await database.running(source, 'v1')
    expect((await ada.get(`${source}v1/`)).body).toMatchObject({ is_processing: true })
    expect((await ada.get(`${source}v1/processing/`)).text).toBe('True')
    expect((await ada.get(`${source}versions/?processing=true`)).body).toMatchObject([{ id: 'v1' }])
  })
})

describe('an export that is being made', () => {
  it('because of a command: 208, POST is a conflict, DELETE cancels it for good', async () => {
    const { ada } = running.as
    const { source, path } = await ready()
    {
      await using _held = await database.hold()
      expect((await ada.post(path)).status).toBe(202)
      await database.running(source, 'v1')
      expect(await statuses(path)).toEqual([208, 208])
      expect(await ada.post(path)).toMatchObject(conflict)
      expect((await running.as.bob.delete(path)).status).toBe(403)
      expect((await ada.delete(path)).status).toBe(204)
      expect((await ada.send('HEAD', path)).status).toBe(204)
    }
    // The worker ends its try, and nothing of it appears.
    await eventually(async () => {
      const { rows } = await database.query('select 1 from blob where name is null')
      return rows.length === 0
    })
    expect((await ada.send('HEAD', path)).status).toBe(204)
    expect(await database.stateOf(source, 'v1')).toMatchObject({ state: 'absent' })
  })

  it('because of a GET: 208, the first POST takes it over, the next one is a conflict', async () => {
    const { ada, bob } = running.as
    const { source, path } = await ready()
    await ada.delete(path)
    await using _held = await database.hold()
    const first = await bob.get(path)
    expect(first).toMatchObject({ status: 204, text: '' })
    expect(first.headers).not.toHaveProperty('exporturl')
    await database.running(source, 'v1')
    expect(await statuses(path)).toEqual([208, 208])
    const before = await database.stateOf(source, 'v1')
    expect((await ada.post(path)).status).toBe(202)
    expect(await database.stateOf(source, 'v1')).toEqual({ ...before, asked_by: 'command' })
    expect(await ada.post(path)).toMatchObject(conflict)
  })

  it('because the version is new: POST is a conflict', async () => {
    const { ada } = running.as
    made += 1
    const source = await makeSource(ada, `STATES${made}`, [concept('A')])
    await using _held = await database.hold()
    const version = await cut(ada, source, 'v1')
    expect(version.body.is_processing).toBe(true)
    expect(await ada.post(`${source}v1/export/`)).toMatchObject(conflict)
    expect(await statuses(`${source}v1/export/`)).toEqual([208, 208])
  })

  it('is cleared by POST to processing', async () => {
    const { ada, bob } = running.as
    const { source, path } = await ready()
    await using _held = await database.hold()
    await ada.post(path)
    expect((await bob.post(`${source}v1/processing/`)).status).toBe(403)
    expect((await ada.post(`${source}v1/processing/`)).status).toBe(200)
    expect((await ada.get(`${source}v1/processing/`)).text).toBe('False')
    expect((await ada.send('HEAD', path)).status).toBe(204)
  })
})

describe('what has no export', () => {
  it('answers as the table says, whatever the method', async () => {
    const { ada, nobody } = running.as
    const { source } = await ready()
    for (const method of ['GET', 'HEAD', 'POST', 'DELETE']) {
      expect(await ada.send(method, `${source}HEAD/export/`), method).toMatchObject({ status: 405, text: '' })
      expect((await ada.send(method, `${source}v9/export/`)).status, method).toBe(404)
      expect((await ada.send(method, '/orgs/nil/sources/S/v1/export/')).status, method).toBe(404)
      expect((await ada.send(method, '/orgs/STATES1/sources/nil/v1/export')).status, method).toBe(404)
    }
    for (const method of ['PUT', 'PATCH']) {
      expect(await ada.send(method, `${source}v1/export/`)).toMatchObject({
        status: 405,
        body: { detail: `Method '${method}' not allowed.` },
      })
    }
    expect((await nobody.post(`${source}v1/export/`)).status).toBe(401)
    expect((await nobody.delete(`${source}v1/export/`)).status).toBe(401)
  })
})

describe('a file that is replaced while it is read', () => {
  it('is read to its end; its URL leads nowhere any more', async () => {
    const { ada, nobody } = running.as
    made += 1
    const large = Array.from({ length: 12 }, (_, index) => largeConcept(`L${index}`, 600_000))
    const source = await makeSource(ada, `STATES${made}`, large)
    const path = `${source}v1/export/`
    await cut(ada, source, 'v1')
    const head = await eventually(async () => {
      const answer = await ada.send('HEAD', path)
      return answer.status === 200 && answer
    })
    const [reading] = (await once(get(new URL(path, running.url)), 'response')) as [IncomingMessage]
    const pieces = reading[Symbol.asyncIterator]()
    const hash = createHash('sha256').update((await pieces.next()).value as Buffer)

    expect((await ada.post(path)).status).toBe(202)
    const after = await exported(ada, source, 'v1')
    // Made within the same hundredth of a second, both have the same bytes.
    expect(after.headers.exporturl).not.toBe(head.headers.exporturl)
    for (let next = await pieces.next(); !next.done; next = await pieces.next()) hash.update(next.value as Buffer)
    expect(`"${hash.digest('hex')}"`).toBe(head.headers.etag)
    expect((await nobody.get(String(head.headers.exporturl))).status).toBe(404)
    expect((await nobody.get(String(after.headers.exporturl))).status).toBe(200)
  })
})

describe('the end of a version, source or org', () => {
  it('is the end of its files', async () => {
    const { ada, staff } = running.as
    const files = async () =>
      Number((await database.query('select count(*) from blob where removed_at is null')).rows[0].count)
    const { source } = await ready()
    const before = await files()
    expect((await ada.delete(`${source}v1/`)).status).toBe(204)
    expect(await files()).toBe(before - 1)
    expect((await ada.get(`${source}v1/export/`)).status).toBe(404)

    const other = await ready()
    expect((await staff.delete(other.source.split('sources/')[0] as string)).status).toBe(204)
    expect((await ada.get(other.path)).status).toBe(404)
    const { rows } = await database.query('select name from orphaned_blob')
    expect(rows).toHaveLength(1)
  })
})
