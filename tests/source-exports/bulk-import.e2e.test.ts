import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { zipEntry } from '@slipway/blobs'
import { eventually } from '@slipway/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { concept, importActions, linesOf, ndjson, bulkImport as path } from './support/bulk-import.ts'
import type { Answer, Client } from './support/client.ts'
import { platform } from './support/platform.ts'

const running = platform()
const { finished, imported, multipart, send } = importActions(running)

async function zip(content: string): Promise<Buffer> {
  return buffer(zipEntry('lines.jsonl', Readable.from([Buffer.from(content)])))
}

beforeAll(async () => {
  await running.as.ada.post('/orgs/', { id: 'IMP', name: 'Imports' })
  await running.as.ada.post('/orgs/IMP/sources/', { id: 'S', name: 'Source' })
})

describe('lines are taken', () => {
  it('in JSON, as text and as a list', async () => {
    const { ada } = running.as
    const text = await imported(ada.post(path, { data: linesOf(concept('J1'), concept('J2')) }))
    expect(text).toMatchObject({
      state: 'SUCCESS',
      queue: 'default',
      username: 'ada',
      report: { created: 2, total: 2 },
    })
    const list = await imported(ada.post('/importers/bulk-import/nightly', { data: [concept('J3'), concept('J1')] }))
    expect(list).toMatchObject({ queue: 'nightly', report: { created: 1, unchanged: 1 } })
    expect(list.result.created).toEqual([concept('J3')])
    expect(list.result.unchanged).toEqual([concept('J1')])
    expect((await ada.get('/orgs/IMP/sources/S/concepts/J3/')).body.names).toMatchObject([{ name: 'name of J3' }])
  })

  it('in forms, as a file of any sort and as a field', async () => {
    const file = (content: string | Buffer) => imported(multipart([{ name: 'file', file: 'lines.json', content }]))
    expect(await file(linesOf(concept('F1')))).toMatchObject({ report: { created: 1 } })
    expect(await file(JSON.stringify([concept('F2'), concept('F3')], null, 2))).toMatchObject({
      report: { created: 2 },
    })
    expect(await file(await zip(linesOf(concept('F4'))))).toMatchObject({ report: { created: 1 } })
    const field = multipart([
      { name: 'other', content: 'x' },
      { name: 'data', content: linesOf(concept('F5')) },
    ])
    expect(await imported(field)).toMatchObject({ report: { created: 1 } })
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    const encoded = `data=${encodeURIComponent(linesOf(concept('F6'), concept('F7')))}`
    expect(await imported(running.as.ada.send('POST', path, encoded, form))).toMatchObject({ report: { created: 2 } })
  })

  it('as they are', async () => {
    const { ada } = running.as
    expect(await imported(ada.send('POST', path, linesOf(concept('R1')), ndjson))).toMatchObject({
      report: { created: 1 },
    })
    const anyType = { 'content-type': 'text/plain' }
    const older = await imported(ada.send('POST', '/manage/bulkimport', linesOf(concept('R2')), anyType))
    expect(older).toMatchObject({ report: { created: 1 } })
    const labelled = await imported(ada.send('POST', '/manage/bulkimport/', linesOf(concept('R3'), concept('R4')), {}))
    expect(labelled).toMatchObject({ report: { created: 2 } })
    // Programs that say nothing of their lines, or call them JSON.
    const lines = (...ids: string[]) => Buffer.from(linesOf(...ids.map(id => concept(id))))
    expect(await imported(send(lines('R5', 'R6'), {}))).toMatchObject({ report: { created: 2 } })
    expect(await imported(send(lines('R7'), { 'content-type': '' }))).toMatchObject({ report: { created: 1 } })
    const asJson = { 'content-type': 'application/json' }
    expect(await imported(send(lines('R8', 'R9'), asJson))).toMatchObject({ report: { created: 2 } })
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    expect(await imported(send(lines('R10'), form))).toMatchObject({ report: { created: 1 } })
    // There is no one name for lines.
    const names = ['text/plain; charset=utf-8', 'application/octet-stream', 'application/jsonlines', 'text/jsonl']
    for (const [index, name] of names.entries()) {
      const named = await imported(send(lines(`N${index}`), { 'content-type': name }))
      expect([name, named.report.created]).toEqual([name, 1])
    }
    for (const [index, to] of [
      '/importers/bulk-import-parallel-inline/',
      '/importers/bulk-import-inline/',
      '/importers/bulk-import-parallel-inline/nightly/',
      '/importers/bulk-import/upload/',
      '/importers/bulk-import/nightly/upload/',
    ].entries()) {
      const parts = [
        { name: 'parallel', content: '5' },
        { name: 'file', file: 'lines.jsonl', content: lines(`P${index}`) },
      ]
      const task = await imported(multipart(parts, to))
      expect(task).toMatchObject({ report: { created: 1 }, queue: to.includes('nightly') ? 'nightly' : 'default' })
    }
  })

  it('and are found as tasks, where command lines look for them', async () => {
    const { ada, bob, nobody } = running.as
    const { id } = await imported(send(Buffer.from(linesOf(concept('TASK1'))), {}))
    const task = await ada.get(`/tasks/${id}/`)
    expect(task).toMatchObject({ status: 200, body: { id, task: id, state: 'SUCCESS', name: 'bulk_import' } })
    expect(task.body).toMatchObject({ queue: 'default', username: 'ada', children: [], summary: { total: 1 } })
    for (const url of ['/tasks/', '/user/tasks/', '/users/ada/tasks/']) {
      const list = await ada.get(`${url}?limit=1&state=SUCCESS`)
      expect(list, url).toMatchObject({ status: 200, headers: { num_returned: '1' }, body: [{ id }] })
    }
    expect((await ada.get('/tasks/?state=REVOKED,FAILURE')).body).toEqual([])
    // Nobody's `/tasks/` is that of release tasks, of which there is none with a slash.
    expect([(await nobody.get('/tasks/')).status, (await nobody.get(`/tasks/${id}/`)).status]).toEqual([404, 401])
    expect([(await bob.get(`/tasks/${id}/`)).status, (await bob.get('/users/ada/tasks/')).status]).toEqual([404, 403])
    expect([(await ada.get('/tasks/BI_NONE/')).status, (await ada.get('/tasks/TA_1/')).status]).toEqual([404, 404])
    expect((await ada.delete(`/tasks/${id}/`)).status).toBe(400)
  })

  it('from an export, into a source that is not there yet', async () => {
    const { ada } = running.as
    const at = '/orgs/IMP/sources/origin/'
    await ada.post('/orgs/IMP/sources/', { id: 'origin', name: 'Origin', extras: { a: 1 } })
    const names = [{ name: 'Éins', locale: 'fr', locale_preferred: true, external_id: 'x' }]
    await ada.post(`${at}concepts/`, { id: 'A', concept_class: 'C', datatype: 'N/A', names, extras: { b: null } })
    await ada.post(`${at}concepts/`, { id: 'B', concept_class: 'C', datatype: 'N/A', names })
    await ada.post(`${at}mappings/`, {
      id: 'M',
      map_type: 'SAME-AS',
      from_concept_url: `${at}concepts/A/`,
      to_concept_url: `${at}concepts/B/`,
    })
    await ada.delete(`${at}concepts/B/`)
    await ada.post(`${at}versions/`, { id: 'v1', released: true })
    const file = await eventually(async () => {
      const answer = await ada.get(`${at}v1/export/`)
      return answer.status === 200 && answer
    })
    const again = () => imported(multipart([{ name: 'file', file: 'export.zip', content: (file as Answer).bytes }]))
    expect(await again()).toMatchObject({ report: { total: 5, exists: 2, unchanged: 3 } })
    const rows = async (kind: string) => (await ada.get(`${at}${kind}/?includeRetired=true`)).body
    const before = [await rows('concepts'), await rows('mappings')]
    expect((await ada.delete(at)).status).toBe(204)
    expect(await again()).toMatchObject({ report: { total: 5, created: 5 } })
    const after = [await rows('concepts'), await rows('mappings')]
    const random = /"[^"]*_(?:on|at|url|id)":(?:"[^"]*"|null)|"(?:uuid|version|update_comment)":(?:"[^"]*"|null)/g
    const content = (children: { id: string }[][]) =>
      JSON.stringify(children.map(list => list.toSorted((one, other) => one.id.localeCompare(other.id)))).replaceAll(
        random,
        '',
      )
    expect(content(after)).toBe(content(before))
    expect((await ada.get(`${at}latest/`)).body).toMatchObject({ id: 'v1', released: true })
    expect((await ada.get(at)).body).toMatchObject({ extras: { a: 1 }, active_concepts: 1, active_mappings: 1 })
  })

  it('from an export, into a copy for somebody else, and leave the original alone', async () => {
    const { ada } = running.as
    const at = '/orgs/IMP/sources/template/'
    await ada.post('/orgs/IMP/sources/', { id: 'template', name: 'Template' })
    for (const id of ['A', 'B']) await ada.post(`${at}concepts/`, concept(id))
    const ends = { from_concept_url: `${at}concepts/A/`, to_concept_url: `${at}concepts/B/` }
    await ada.post(`${at}mappings/`, { id: 'M', map_type: 'SAME-AS', ...ends })
    const elsewhere = { to_concept_url: '/orgs/IMP/sources/S/concepts/J1/' }
    await ada.post(`${at}mappings/`, { id: 'N', map_type: 'SAME-AS', ...ends, ...elsewhere })
    await ada.post(`${at}versions/`, { id: 'v1', released: true })
    const file = (await eventually(async () => {
      const answer = await ada.get(`${at}v1/export/`)
      return answer.status === 200 && answer
    })) as Answer
    await ada.put(`${at}concepts/A/`, { datatype: 'Text' })
    const before = (await ada.get(`${at}?includeConcepts=true&includeMappings=true`)).body

    // Fields may stand before the file, behind it, or in the address.
    const zipPart = { name: 'file', file: 'export.zip', content: file.bytes }
    const owner = { name: 'owner', content: 'COPY' }
    const rest = [
      { name: 'owner_type', content: 'Organization' },
      { name: 'version', content: 'first' },
    ]
    expect(await imported(multipart([owner, zipPart, ...rest]))).toMatchObject({ report: { total: 6, created: 6 } })
    const copy = '/orgs/COPY/sources/template/'
    expect((await ada.get(`${copy}latest/`)).body).toMatchObject({ id: 'first', released: true })
    expect((await ada.get(`${copy}concepts/A/`)).body).toMatchObject({ owner: 'COPY', datatype: 'N/A' })
    const moved = { from_concept_url: `${copy}concepts/A/`, to_concept_url: `${copy}concepts/B/` }
    expect((await ada.get(`${copy}mappings/M/`)).body).toMatchObject(moved)
    expect((await ada.get(`${copy}mappings/N/`)).body).toMatchObject({ ...moved, ...elsewhere })
    const own = [zipPart, { name: 'owner', content: 'ada' }, { name: 'owner_type', content: 'User' }]
    expect(await imported(multipart(own))).toMatchObject({ report: { total: 6, created: 6 } })
    expect((await ada.get('/user/sources/template/v1/')).status).toBe(200)
    const inAddress = send(file.bytes, { 'content-type': 'application/zip' }, `${path}?owner=COPY2`)
    expect(await imported(inAddress)).toMatchObject({ report: { total: 6, created: 6 } })
    for (const bad of [
      { name: 'owner_type', content: 'User' },
      { name: 'version', content: 'x' },
    ]) {
      expect(await multipart([zipPart, bad])).toMatchObject({
        status: 400,
        body: { exception: expect.stringContaining('owner') },
      })
    }
    expect((await ada.get(`${at}?includeConcepts=true&includeMappings=true`)).body).toEqual(before)
  })
})

describe('an import as a task', () => {
  it('is found, listed, reported and stopped by whoever asked for it', async () => {
    const { ada, bob, staff } = running.as
    const sent = await ada.post('/importers/bulk-import/watched/?update_if_exists=false', {
      data: [concept('T1'), concept('T2', { names: [] }), concept('J1', { datatype: 'Text' }), { type: 'Reference' }],
    })
    const task = sent.body.id
    expect(task).toMatch(/^BI_[0-9A-HJKMNP-TV-Z]{8}$/)
    expect(sent.body).toMatchObject({ task, state: 'PENDING', summary: null, started_at: null, message: null })
    const { body } = await finished(task)
    expect(body.report).toMatchObject({ created: 1, exists: 1, failed: 1, unknown: 1, updated: 0 })
    expect(body.summary).toEqual(body.report)
    expect(body.runtime).toBeGreaterThanOrEqual(0)
    expect(body.result.failed[0].errors).toEqual({ names: ['A concept must have at least one name'] })
    expect(body.result.unknown).toMatchObject([{ type: 'Reference' }])

    const short = await ada.get(`${path}?task=${task}`)
    expect(short.body).not.toHaveProperty('result')
    expect(short.body.message).toMatch(/^Processed: 4\/4 \| Created: 1 \| Updated: 0 \| DELETED: 0 \| Existing: 1 \|/)
    expect((await ada.send('HEAD', `${path}?task=${task}`)).status).toBe(200)
    const older = await ada.get(`/manage/bulkimport/?task=${task}`)
    expect(older).toMatchObject({ status: 200, text: short.body.message })
    const report = await ada.get(`/manage/bulkimport/?task=${task}&result=report`)
    expect(report.headers['content-type']).toBe('text/plain; charset=utf-8')
    expect(report.text.split('\n')).toMatchObject([
      `Import ${task} of ada (queue watched): SUCCESS`,
      short.body.message,
      expect.stringMatching(/^line 2: failed \{"names":\["A concept must have/),
      expect.stringMatching(/^line 4: unknown /),
      '',
    ])
    expect((await ada.get(`/manage/bulkimport/?task=${task}&result=json`)).body.result.created).toHaveLength(1)

    const list = await ada.get('/importers/bulk-import/watched')
    expect(list.body.map((entry: { id: string }) => entry.id)).toEqual([task])
    expect((await ada.get(path)).body.length).toBeGreaterThan(5)
    expect((await bob.get(path)).body).toEqual([])
    expect((await bob.get(`${path}?username=ada`)).status).toBe(403)
    expect((await staff.get(`${path}?username=ada`)).body.length).toBeGreaterThan(5)
    expect((await bob.get(`${path}?task=${task}`)).status).toBe(404)
    expect(await ada.get(`${path}?task=BI_00000000`)).toMatchObject({ status: 404, body: { detail: 'Not found.' } })

    const stop = (as: Client, given: object) => as.send('DELETE', path, JSON.stringify(given))
    expect(await stop(ada, {})).toMatchObject({ status: 400, body: { task_id: ['This field is required.'] } })
    expect((await stop(ada, { task_id: 'BI_00000000' })).status).toBe(404)
    expect((await stop(bob, { task_id: task })).status).toBe(404)
    expect(await stop(ada, { task_id: task })).toMatchObject({ status: 400, body: { detail: expect.any(String) } })
  })

  it('is stopped on the way, tells how far it is, and lets others write meanwhile', async () => {
    const { ada, bob } = running.as
    await bob.post('/user/sources/', { id: 'own', name: 'Own' })
    async function* many() {
      for (let from = 0; from < 60_000; from += 500) {
        yield Buffer.from(`${linesOf(...[...Array(500)].map((_, index) => concept(`BIG${from + index}`)))}\n`)
      }
    }
    const sent = await send(many(), ndjson)
    const task = sent.body.id
    const state = async () => (await ada.get(`${path}?task=${task}`)).body
    expect(await ada.get(`/manage/bulkimport/?task=${task}`)).toMatchObject({
      status: 202,
      body: { task, username: 'ada' },
    })
    await eventually(async () => (await state()).summary?.processed >= 1000)

    // Into the very source, beside it, and another import: none has to wait for the end.
    const single = await ada.post('/orgs/IMP/sources/S/concepts/', concept('meanwhile'))
    expect(single.status).toBe(201)
    const small = await bob.post(path, {
      data: [{ ...concept('small'), owner: 'bob', owner_type: 'User', source: 'own' }],
    })
    expect((await finished(small.body.id, bob)).body).toMatchObject({ report: { created: 1 } })
    expect((await ada.post('/orgs/IMP/sources/S/versions/', { id: 'during' })).status).toBe(201)
    expect(await state()).toMatchObject({ state: 'STARTED', finished_at: null })

    expect((await ada.send('DELETE', path, JSON.stringify({ task_id: task }))).status).toBe(204)
    const stopped = await state()
    expect(stopped).toMatchObject({ state: 'REVOKED' })
    const { processed } = stopped.report
    expect(processed).toBeLessThan(60_000)
    expect(stopped.report.created).toBe(processed)
    const counted = await ada.send('HEAD', '/orgs/IMP/sources/S/concepts/?q=BIG&limit=1')
    expect(Number(counted.headers.num_found)).toBe(processed)
  })
})
