import { type FileOrigin, fileOrigin } from '@slipway/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DataService, dataService, study } from '../release-coordinator/support/data-service.ts'
import { adminToken, platform, sharedStudy } from './support/platform.ts'
import { endOf } from './support/task-info.ts'

let origin: FileOrigin
let source: DataService

const running = platform(async () => {
  origin = await fileOrigin()
  const foreign = study('SD_BBBBBBBB', 'Foreign')
  source = await dataService([study(sharedStudy, 'Shared'), foreign, study('SD_CCCCCCCC', 'Going')])
  return { dataserviceUrl: source.url }
})
beforeAll(async () => {
  await mirror()
})
afterAll(async () => {
  await origin?.[Symbol.asyncDispose]()
  await source?.[Symbol.asyncDispose]()
})

/** The Kids First API reads no other header. */
async function mirror() {
  const sync = await running.as.nobody.post('/studies/sync', { authorization: `Bearer ${adminToken}` })
  expect(sync.status).toBe(200)
}

const curated = (id: string, more = '') => `as-curator/studies/${id}${more}`
const used = (id: string, more = '') => `as-user/studies/${id}${more}`

let imports = 0
/** A study of the plain curator's own. */
async function imported(tsv = 'Study Title\tYear\r\nMine\t2020\r\n'): Promise<string> {
  const link = origin.put(`/study-${++imports}.tsv`, { content: tsv, contentType: 'text/tab-separated-values' })
  const { status, body, text } = await running.as.plain.postJson('as-curator/studies', { link })
  expect(status, text).toBe(201)
  return body['genestack:accession']
}

async function publish(id: string, message?: string) {
  const query = message === undefined ? '' : `?versionMessage=${encodeURIComponent(message)}`
  const { status, body, text } = await running.as.plain.post(
    `as-curator/integration/studies/${id}/tasks/publish-versions${query}`,
  )
  expect(status, text).toBe(200)
  return endOf(running.as.plain, body.id)
}

describe('a mirrored study', () => {
  it('is an object under its own id, with its name for a title, in version 1', async () => {
    const { status, body, headers } = await running.as.plain.get(curated(sharedStudy))
    expect([status, body]).toEqual([200, { 'genestack:accession': sharedStudy, 'Study Title': 'Shared' }])
    expect(headers['slipway-draft']).toBe('false')
    const versions = await running.as.user.get(used(sharedStudy, '/versions'))
    expect(versions.body).toEqual([
      { version: '1', message: 'Imported', author: 'admin', timestamp: expect.any(Number) },
    ])
  })

  it('that the data service has no more is hidden from users, and its draft is kept and not published', async () => {
    const id = 'SD_CCCCCCCC'
    await running.as.curator.patch(curated(id), { Kept: 'draft' })
    const all = source.studies
    source.studies = all.filter(one => one.kf_id !== id)
    await mirror()
    expect((await running.as.curator.get(used(id))).status).toBe(404)
    const run = await running.as.curator.post('tasks/publish-versions')
    expect((await endOf(running.as.curator, run.body.id)).status).toBe('DONE')
    const { body, headers } = await running.as.curator.get(curated(id))
    expect([body.Kept, headers['slipway-draft']]).toEqual(['draft', 'true'])
    source.studies = all
    await mirror()
    expect((await running.as.curator.get(used(id))).body.Kept).toBeUndefined()
    await running.as.curator.delete(curated(id, '/draft'))
  })
})

describe('who may', () => {
  it.each([
    ['nobody', 401, 401],
    ['user', 200, 403],
    ['plain', 200, 200],
    ['all', 200, 403],
    ['curator', 200, 200],
  ] as const)('%s reads what is shared as user: %i, as curator: %i', async (who, asUser, asCurator) => {
    for (const more of ['', '/versions', '/versions/1']) {
      expect((await running.as[who].get(used(sharedStudy, more))).status).toBe(asUser)
      expect((await running.as[who].get(curated(sharedStudy, more))).status).toBe(asCurator)
    }
    expect((await running.as[who].get('as-user/studies')).status).toBe(asUser)
    expect((await running.as[who].get('as-curator/studies')).status).toBe(asCurator)
    expect((await running.as[who].patch(curated(sharedStudy), {})).status).toBe(asCurator)
    expect((await running.as[who].postJson('as-curator/studies', {})).status).toBe(asCurator === 200 ? 400 : asCurator)
  })

  it('see or change what is not shared: nobody without ACCESS_ALL_DATA', async () => {
    const { plain, user, curator } = running.as
    expect((await user.get(used('SD_BBBBBBBB'))).status).toBe(404)
    expect((await plain.patch(curated('SD_BBBBBBBB'), { x: 1 })).status).toBe(404)
    expect((await plain.post('as-curator/integration/studies/SD_BBBBBBBB/tasks/publish-versions')).status).toBe(404)
    const listed = async (client: typeof plain) =>
      (await client.get('as-user/studies')).body.data.map((one: Record<string, string>) => one['genestack:accession'])
    expect(await listed(user)).toEqual([sharedStudy])
    expect(await listed(curator)).toContain('SD_BBBBBBBB')
  })
})

describe('a draft', () => {
  it('is made by edits, is seen by curators only, and becomes a version', async () => {
    const id = await imported()
    const first = await running.as.plain.patch(curated(id), {
      Organism: ['Human', 'Mouse'],
      Count: '12',
      Public: 'true',
      Code: '007',
      Ratio: '0.5',
      Year: null,
      'genestack:accession': id,
    })
    expect(first.status).toBe(200)
    const edited = {
      'genestack:accession': id,
      'Study Title': 'Mine',
      ...{ Organism: ['Human', 'Mouse'], Count: 12, Public: true, Code: '007', Ratio: 0.5 },
    }
    expect(first.body).toEqual(edited)
    expect(first.headers).toMatchObject({ 'slipway-draft': 'true', 'slipway-draft-author': 'plain' })
    const published = { 'genestack:accession': id, 'Study Title': 'Mine', Year: 2020 }
    expect((await running.as.plain.get(used(id))).body).toEqual(published)
    expect((await running.as.plain.get(curated(id))).body).toEqual(edited)
    for (const view of ['curator', 'user']) {
      const list = await running.as.plain.get(`as-${view}/studies?query=Mine`)
      expect(list.body.data.find((one: Record<string, string>) => one['genestack:accession'] === id)).toEqual(published)
    }
    const preview = await running.as.curator.get('tasks/publish-versions/preview')
    expect(preview.body.data).toContainEqual({ accession: id, version: '1', draftRevision: 1 })

    const task = await publish(id, ' Ein Name für „v2“ ')
    expect(task).toMatchObject({ status: 'DONE', name: `Publish versions of ${id}`, createdBy: 'plain' })
    const after = await running.as.plain.get(curated(id))
    expect([after.body, after.headers['slipway-draft']]).toEqual([edited, 'false'])
    const commit = { version: '2', message: 'Ein Name für „v2“', author: 'plain', timestamp: expect.any(Number) }
    const { body: commits } = await running.as.plain.get(used(id, '/versions/'))
    expect(commits).toEqual([commit, { ...commit, version: '1', message: 'Imported' }])
    expect((await running.as.plain.get(used(id, '/versions/1'))).body).toEqual(published)
    expect((await running.as.plain.get(curated(id, '/versions/2'))).body).toEqual(edited)
    for (const version of ['3', '0', 'x', '99999999999']) {
      expect((await running.as.plain.get(used(id, `/versions/${version}`))).status).toBe(404)
    }
    const output = await running.as.plain.get(`tasks/${task.id}/output`)
    expect(output.body.result.versions).toEqual([{ accession: id, version: '2', draftRevision: 1 }])
  })

  it('that changes nothing makes no version', async () => {
    const id = await imported()
    expect((await running.as.plain.patch(curated(id), { Year: 2020 })).headers['slipway-draft']).toBe('false')
    for (const body of ['', '{}']) {
      const { status, headers } = await running.as.plain.send('PATCH', curated(id), {}, body)
      expect([status, headers['slipway-draft']]).toEqual([200, 'false'])
    }
    await running.as.plain.patch(curated(id), { Year: 2021 })
    await running.as.plain.patch(curated(id), { Year: 2020 })
    const task = await publish(id)
    expect((await running.as.plain.get(`tasks/${task.id}/output`)).body.result).toMatchObject({
      published: 0,
      dropped: 1,
    })
    expect((await running.as.plain.get(curated(id, '/versions'))).body).toHaveLength(1)
    expect((await running.as.plain.get(curated(id))).headers['slipway-draft']).toBe('false')
  })

  it('is discarded, once or again', async () => {
    const id = await imported()
    await running.as.plain.patch(curated(id), { Year: 2022 })
    for (let time = 0; time < 2; time += 1) {
      const { status, text } = await running.as.plain.delete(curated(id, '/draft'))
      expect([status, text]).toEqual([204, ''])
    }
    expect((await running.as.plain.get(curated(id))).body.Year).toBe(2020)
  })

  it('is changed under a condition', async () => {
    const id = await imported()
    const { headers } = await running.as.plain.get(curated(id))
    const etag = String(headers.etag)
    const same = await running.as.plain.get(curated(id), { 'if-none-match': etag })
    expect(same.status).toBe(304)
    expect((await running.as.plain.patch(curated(id), { Year: 1 }, { 'if-match': etag })).status).toBe(200)
    expect((await running.as.plain.patch(curated(id), { Year: 2 }, { 'if-match': etag })).status).toBe(412)
    expect((await running.as.plain.delete(curated(id, '/draft'), { 'if-match': etag })).status).toBe(412)
    expect((await running.as.plain.patch(curated(id), { Other: 2 })).body).toMatchObject({ Year: 1, Other: 2 })
  })

  it.each([
    ['[]', 400],
    ['"text"', 400],
    ['null', 400],
    ['{"a":{"b":1}}', 400],
    ['{"a":[[1]]}', 400],
    ['{"a":[null]}', 400],
    ['{"":1}', 400],
    ['{"a":"\\u0000"}', 400],
    ['{"a":"\\ud800"}', 400],
    ['{"genestack:accession":"SD_ZZZZZZZZ"}', 400],
    ['{"genestack:accession":null}', 400],
    ['{"a":', 400],
    ['{"a":1e999}', 400],
    ['{"a":[1,-1e999]}', 400],
  ])('refuses %s with %i', async (body, status) => {
    const answer = await running.as.plain.send('PATCH', curated(sharedStudy), {}, body)
    expect(answer.status).toBe(status)
    expect(answer.body.error.message).toBeTypeOf('string')
    expect((await running.as.plain.get(curated(sharedStudy))).headers['slipway-draft']).toBe('false')
  })

  it('is no larger than a message', async () => {
    const { status, body } = await running.as.plain.patch(curated(sharedStudy), { a: 'x'.repeat(1_100_000) })
    expect([status, body.error.message]).toEqual([413, 'The request body is too large.'])
    const id = await imported()
    const half = 'x'.repeat(500_000)
    expect((await running.as.plain.patch(curated(id), { a: half })).status).toBe(200)
    expect((await running.as.plain.patch(curated(id), { b: half })).status).toBe(413)
    expect(Object.keys((await running.as.plain.get(curated(id))).body)).not.toContain('b')
    await running.as.plain.delete(curated(id, '/draft'))
  })

  it('of a study that is not there is not made', async () => {
    for (const client of [running.as.curator, running.as.plain]) {
      expect((await client.patch(curated('SD_00000000'), {})).status).toBe(404)
      expect((await client.get(curated('no accession'.replace(' ', '%20')))).status).toBe(400)
      expect((await client.get(used('SD_00000000', '/versions'))).status).toBe(404)
      const publishing = 'tasks/publish-versions'
      expect((await client.post(`as-curator/integration/studies/SD_00000000/${publishing}`)).status).toBe(404)
      expect((await client.post(`as-curator/integration/studies/odd/${publishing}`)).status).toBe(404)
    }
  })
})

describe('versions', () => {
  it('are restored as new ones, and none is lost', async () => {
    const id = await imported()
    await running.as.plain.patch(curated(id), { Year: 2021 })
    await publish(id)
    await running.as.plain.patch(curated(id), { Draft: 'stays' })
    const { status, body } = await running.as.plain.post(curated(id, '/versions/1/restore'))
    expect(status).toBe(200)
    expect(body).toMatchObject({ version: '3', message: 'Restored version 1', author: 'plain' })
    expect((await running.as.plain.get(used(id))).body.Year).toBe(2020)
    expect((await running.as.plain.get(used(id, '/versions/2'))).body.Year).toBe(2021)
    expect((await running.as.plain.get(curated(id))).body).toMatchObject({ Year: 2021, Draft: 'stays' })
    expect((await running.as.plain.post(curated(id, '/versions/9/restore'))).status).toBe(404)
  })
})

describe('import', () => {
  it('reads names and values, lists, numbers and bars', async () => {
    const id = await imported('\ufeffStudy Title\tOrganism\tEmpty\tBar\tNumber\r\n T \tHuman | Mouse\t\ta||b\t5')
    expect((await running.as.plain.get(used(id))).body).toEqual({
      'genestack:accession': id,
      'Study Title': 'T',
      Organism: ['Human', 'Mouse'],
      Bar: 'a|b',
      Number: 5,
    })
    expect((await running.as.admin.get(`/studies/${id}`)).status).toBe(404)
    await mirror()
    expect((await running.as.plain.get(used(id))).status).toBe(200)
  })

  it('runs as a job, whose output says what came of it', async () => {
    const link = origin.put('/job.tsv', { content: 'Study Title\nJob\n' })
    const { status, body } = await running.as.plain.postJson('jobs/import/study', {
      source: 'HTTP',
      metadataLink: link,
    })
    expect([status, body.status]).toEqual([200, 'STARTING'])
    expect(await endOf(running.as.user, body.jobExecId)).toMatchObject({ status: 'DONE', name: 'Import study' })
    const output = await running.as.plain.get(`jobs/${body.jobExecId}/output`)
    const { accession, groupAccession } = output.body.result
    expect(output.body).toMatchObject({ status: 'COMPLETED', errors: [] })
    expect(groupAccession).toBe(accession)
    expect((await running.as.plain.get(used(accession))).body['Study Title']).toBe('Job')
    expect((await running.as.user.get(`jobs/${body.jobExecId}/output`)).status).toBe(403)
  })

  it('that fails says why', async () => {
    const link = origin.put('/bad.tsv', { content: 'one line only' })
    const { body } = await running.as.plain.postJson('jobs/import/study', { metadataLink: link })
    expect((await endOf(running.as.user, body.jobExecId)).status).toBe('FAILED')
    const output = await running.as.plain.get(`jobs/${body.jobExecId}/output`)
    expect(output.body).toMatchObject({ status: 'FAILED', result: null })
    expect(output.body.errors[0].stack[0].message).toMatch(/two lines/)
    const direct = await running.as.plain.postJson('as-curator/studies', { link })
    expect(direct.status).toBe(400)
    const metadata = await running.as.plain.postJson('as-curator/studies', { link: 'http://169.254.169.254/latest' })
    expect(metadata.status).toBe(400)
    for (const bad of [{ link: 'file:///etc/passwd' }, { link: 7 }, {}]) {
      expect((await running.as.plain.postJson('as-curator/studies', bad)).status).toBe(400)
    }
    for (const bad of [{ source: 'LOCAL', metadataLink: link }, { source: 'S3', metadataLink: link }, []]) {
      expect((await running.as.plain.postJson('jobs/import/study', bad)).status).toBe(400)
    }
  })
})

describe('lists', () => {
  it('are paged and sorted', async () => {
    const all = await running.as.curator.get('as-curator/studies?sort=-name&returnedMetadataFields=minimal_data')
    const { count, total, offset, limit } = all.body.meta.pagination
    expect([count, offset, limit]).toEqual([total, 0, 2000])
    const titles = all.body.data.map((one: Record<string, string>) => String(one['Study Title']))
    expect(titles).toEqual(titles.toSorted().toReversed())
    const part = await running.as.curator.get('as-curator/studies?sort=-name&pageLimit=2&pageOffset=1')
    expect(part.body.data).toEqual(all.body.data.slice(1, 3))
    expect(part.body.meta.pagination).toEqual({ count: 2, total, offset: 1, limit: 2 })
    const none = await running.as.curator.get('as-curator/studies?pageLimit=0')
    expect(none.body).toEqual({ meta: { pagination: { count: 0, total, offset: 0, limit: 0 } }, data: [] })
    for (const bad of ['sort=what', 'pageLimit=2001', 'filter=x']) {
      expect((await running.as.curator.get(`as-curator/studies?${bad}`)).status, bad).toBe(400)
    }
    expect((await running.as.curator.get('as-curator/studies?sort=%2Bcreation')).status).toBe(200)
    expect((await running.as.curator.get('as-curator/studies?sort=+last_update')).status).toBe(200)
  })
})
