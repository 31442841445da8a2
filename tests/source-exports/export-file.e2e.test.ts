import { beforeAll, describe, expect, it } from 'vitest'
import { type Answer, client, unzip } from './support/client.ts'
import { concept, cut, exported, makeSource } from './support/dictionary.ts'
import { platform } from './support/platform.ts'
import { readExport, scanExport } from './support/read-export.ts'

const running = platform()
const source = '/orgs/FILES/sources/S/'
let archive: Answer

const timestamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

const headerKeys = [
  ...['type', 'id', 'version', 'uuid', 'short_code', 'name', 'full_name', 'description', 'external_id'],
  ...['version_external_id', 'released', 'retired', 'owner', 'owner_type', 'owner_url', 'source_type', 'public_access'],
  ...['default_locale', 'website', 'custom_validation_schema', 'supported_locales', 'created_on', 'updated_on'],
  ...['created_by', 'updated_by', 'extras', 'active_concepts', 'active_mappings', 'version_url', 'url', 'sourceUrl'],
  ...[
    'previousVersionUrl',
    'previous_version_url',
    'parentVersionUrl',
    'source',
    'concepts',
    'mappings',
    'export_time',
  ],
]
const nullableHeader = [
  ...['description', 'external_id', 'version_external_id', 'source_type', 'default_locale', 'website'],
  ...['custom_validation_schema', 'previousVersionUrl', 'previous_version_url', 'parentVersionUrl'],
]
const nullableConcept = [
  ...['external_id', 'extras', 'retire_reason', 'previous_version_url', 'update_comment', 'locale', 'mappings'],
]
const nullableMapping = [
  ...['external_id', 'retire_reason', 'extras', 'sort_weight', 'update_comment', 'to_concept_url', 'to_concept_name'],
  ...['to_concept_name_resolved'],
]

beforeAll(async () => {
  const { ada } = running.as
  await makeSource(ada, 'FILES', [
    concept('b2', {
      external_id: 'cielo',
      names: [
        { name: 'Sang', locale: 'fr', name_type: 'Short' },
        { name: 'Blood "group" \\ ünï', locale: 'en', locale_preferred: true, name_type: 'FULLY_SPECIFIED' },
      ],
      descriptions: [{ description: 'What is looked for', locale: 'en' }],
      extras: { hi_normal: 10.5, 'a.b%c': [null, { x: 'concepts' }], units: null },
    }),
    concept('a1'),
    concept('c3'),
  ])
  const link = (id: string) => `${source}concepts/${id}/`
  const mappings = [
    { id: 'm2', map_type: 'Q-AND-A', from_concept_url: link('b2'), to_concept_url: link('a1'), sort_weight: 1.5 },
    { id: 'm1', map_type: 'SAME-AS', from_concept_url: link('a1'), to_source_url: source, to_concept_code: 'X-1' },
  ]
  for (const mapping of mappings) expect((await ada.post(`${source}mappings/`, mapping)).status).toBe(201)
  expect((await ada.delete(`${source}concepts/c3/`)).status).toBe(204)
  expect((await ada.delete(`${source}mappings/m1/`)).status).toBe(204)
  await cut(ada, source, 'v1', { released: true, extras: { note: { deep: true } } })
  await ada.put(source, { name: 'renamed', extras: { later: 1 } })
  await ada.put(`${source}concepts/a1/`, { datatype: 'later' })
  archive = await exported(ada, source, 'v1')
})

describe('the file', () => {
  it('is a zip of one entry, whose keys come in their order', () => {
    const { name, text } = unzip(archive.bytes)
    expect(name).toBe('export.json')
    expect(text.startsWith('{"type": "Source Version",')).toBe(true)
    const file = JSON.parse(text)
    expect(Object.keys(file)).toEqual(headerKeys)
    for (const key of headerKeys) if (!nullableHeader.includes(key)) expect(file[key], key).not.toBeNull()
    expect(file.export_time).toMatch(/^\d+\.\d+secs$/)
    expect(file).toMatchObject({
      id: 'v1',
      version: 'v1',
      released: true,
      active_concepts: 2,
      active_mappings: 1,
      extras: { note: { deep: true } },
      url: source,
      version_url: `${source}v1/`,
    })
  })

  it('holds the source and its rows as they were when the version was made', () => {
    const file = JSON.parse(unzip(archive.bytes).text)
    expect(file).toMatchObject({ name: 'Source', source: { type: 'Source', name: 'Source', extras: {} } })
    expect(file.concepts.map(({ id }: { id: string }) => id)).toEqual(['b2', 'a1', 'c3'])
    expect(file.concepts[1]).toMatchObject({ datatype: 'N/A', is_latest_version: true })
    expect(file.mappings.map(({ id }: { id: string }) => id)).toEqual(['m2', 'm1'])
  })

  it('has rows without a null where readers break on one', () => {
    const { concepts, mappings } = JSON.parse(unzip(archive.bytes).text)
    for (const row of concepts) {
      expect(Object.keys(row)[0]).toBe('type')
      for (const [key, value] of Object.entries(row)) {
        if (!nullableConcept.includes(key)) expect(value, `${row.id} ${key}`).not.toBeNull()
      }
      expect([row.created_on, row.updated_on, row.version_created_on].every(time => timestamp.test(time))).toBe(true)
    }
    for (const row of mappings) {
      expect(Object.keys(row)[0]).toBe('type')
      for (const [key, value] of Object.entries(row)) {
        if (!nullableMapping.includes(key)) expect(value, `${row.id} ${key}`).not.toBeNull()
      }
      expect(row.url).toBe(`${source}mappings/${row.id}/`)
    }
    expect(concepts[0]).toMatchObject({
      type: 'Concept',
      external_id: 'cielo',
      display_name: 'Blood "group" \\ ünï',
      display_locale: 'en',
      names: [
        {
          type: 'ConceptName',
          name: 'Sang',
          locale: 'fr',
          locale_preferred: false,
          name_type: 'Short',
          retired: false,
        },
        { locale_preferred: true, name_type: 'FULLY_SPECIFIED', external_id: null },
      ],
      descriptions: [{ type: 'ConceptDescription', description: 'What is looked for', description_type: null }],
      extras: { hi_normal: 10.5, 'a.b%c': [null, { x: 'concepts' }], units: null },
      version: '1',
      version_url: `${source}concepts/b2/1/`,
      previous_version_url: null,
    })
    expect(concepts[1]).toMatchObject({ descriptions: [], extras: null, external_id: null })
    expect(concepts[2]).toMatchObject({ retired: true, version: '2', update_comment: 'Concept was retired' })
    expect(mappings[0]).toMatchObject({
      type: 'Mapping',
      map_type: 'Q-AND-A',
      sort_weight: 1.5,
      from_concept_code: 'b2',
      to_concept_url: `${source}concepts/a1/`,
      to_source_url: source,
      version: '1',
    })
    expect(mappings[1]).toMatchObject({ to_concept_url: null, to_concept_code: 'X-1', retired: true, version: '2' })
  })

  it('is read by a parser of streams, and by one that looks for words', async () => {
    const file = JSON.parse(unzip(archive.bytes).text)
    expect(await readExport(archive.bytes)).toEqual({ concepts: file.concepts, mappings: file.mappings })
    expect(await scanExport(archive.bytes)).toEqual({ concepts: 3, mappings: 2 })
  })

  it('has both arrays when nothing is in it', async () => {
    const { ada } = running.as
    const empty = await makeSource(ada, 'EMPTY')
    const version = await cut(ada, empty, 'v1')
    const { bytes, headers } = await exported(ada, empty, 'v1')
    expect(unzip(bytes).text).toContain('"concepts":[],"mappings":[],"export_time":')
    expect(await scanExport(bytes)).toEqual({ concepts: 0, mappings: 0 })
    expect(headers.lastupdated).toBe(version.body.created_on)
  })

  it('cannot be made unreadable by the words that readers look for', async () => {
    const { ada } = running.as
    for (const [field, value] of Object.entries({
      name: 'concepts',
      extras: { mappings: 1 },
      description: 'mappings',
    })) {
      const refused = await ada.put(source, { [field]: value })
      expect(refused.status).toBe(400)
      expect(Object.keys(refused.body)).toEqual([field])
    }
    expect((await ada.post(`${source}versions/`, { id: 'v9', extras: { a: ['concepts'] } })).status).toBe(400)
  })
})

describe('the answer with it', () => {
  it('says what it is, in the words of all clients', async () => {
    const file = JSON.parse(unzip(archive.bytes).text)
    const newest = [...file.concepts, ...file.mappings]
      .map(({ updated_on }) => updated_on)
      .sort()
      .at(-1)
    const digits = newest.replace(/\D/g, '').slice(0, 14)
    expect(archive.headers).toMatchObject({
      lastupdated: newest,
      'last-updated': newest,
      lastupdatedtimezone: 'UTC',
      'last-updated-timezone': 'UTC',
      exportcreated: expect.stringMatching(timestamp),
      'content-type': 'application/zip',
      'content-disposition': `attachment; filename=S_v1.${digits}.zip`,
      'content-length': String(archive.bytes.length),
      etag: expect.stringMatching(/^"[0-9a-f]{64}"$/),
      'cache-control': 'no-cache, no-store, must-revalidate',
      pragma: 'no-cache',
      expires: '0',
      date: expect.any(String),
    })
    const url = new URL(String(archive.headers.exporturl))
    expect(url.origin).toBe(running.url)
    expect(url.pathname).toBe(`${source}v1/export/S_v1.${digits}.zip`)
  })

  it('is there by uuid, by `latest`, without the slash, and whatever the query', async () => {
    const { ada, nobody } = running.as
    const { uuid } = (await ada.get(`${source}v1/`)).body
    for (const path of [`${source}${uuid}/export/`, `${source}latest/export`, `${source}v1/export?force=true`]) {
      const answer = await nobody.get(path)
      expect(answer.status, path).toBe(200)
      expect(answer.bytes.equals(archive.bytes), path).toBe(true)
    }
  })

  it('can be had in parts and on conditions', async () => {
    const { nobody } = running.as
    const url = String(archive.headers.exporturl)
    const { length } = archive.bytes
    for (const [range, start, end] of [
      ['bytes=0-9', 0, 10],
      ['bytes=5-', 5, length],
      ['bytes=-7', length - 7, length],
      [`bytes=3-${length * 2}`, 3, length],
    ] as const) {
      const part = await nobody.get(url, { range })
      expect(part, range).toMatchObject({
        status: 206,
        headers: { 'content-range': `bytes ${start}-${end - 1}/${length}`, 'content-length': String(end - start) },
      })
      expect(part.bytes.equals(archive.bytes.subarray(start, end)), range).toBe(true)
    }
    expect(await nobody.get(url, { range: `bytes=${length}-` })).toMatchObject({
      status: 416,
      headers: { 'content-range': `bytes */${length}` },
    })
    const etag = String(archive.headers.etag)
    expect((await nobody.get(url, { range: 'bytes=0-9', 'if-range': '"other"' })).status).toBe(200)
    expect((await nobody.get(url, { range: 'bytes=0-9', 'if-range': etag })).status).toBe(206)
    expect((await nobody.get(url, { range: 'bytes=0-9', 'if-match': etag })).status).toBe(206)
    expect(await nobody.get(url, { range: 'bytes=0-9', 'if-match': '"another"' })).toMatchObject({
      status: 412,
      text: '',
    })
    expect(await nobody.get(url, { 'if-none-match': `"x", W/${etag}` })).toMatchObject({ status: 304, text: '' })
    expect((await nobody.get(url, { 'if-none-match': '"x"' })).status).toBe(200)
  })

  it('leads to a URL that is good without credentials, with foreign ones, and for itself only', async () => {
    const { nobody } = running.as
    const url = String(archive.headers.exporturl)
    const foreign = await nobody.get(url, { authorization: 'Basic bm9ib2R5Om5vdGhpbmc=' })
    expect(foreign).toMatchObject({ status: 200, headers: { 'content-type': 'application/zip' } })
    expect(await nobody.send('HEAD', url)).toMatchObject({
      status: 200,
      text: '',
      headers: { 'content-length': String(archive.bytes.length) },
    })
    expect((await nobody.get(url.replace(/\?/, '/?'))).bytes.equals(archive.bytes)).toBe(true)
    const expired = url.replace(/expires=\d+/, 'expires=1')
    for (const bad of [
      expired,
      url.replace(/signature=/, 'signature=A'),
      url.replace(/\?.*/, ''),
      url.replace('S_v1', 'S_v2'),
    ]) {
      const refused = await nobody.get(bad)
      expect(refused, bad).toMatchObject({ status: 403, body: { detail: expect.any(String) } })
    }
  })

  it('leads to a URL that is good no longer than the token that asks for it', async () => {
    const expiresAt = new Date(Date.now() + 600_000).toISOString()
    const made = await running.as.ada.post('/api/v1/users/me/tokens', { name: 'short', expiresAt })
    expect(made.status).toBe(201)
    const short = client(running.url, `Token ${made.body.token}`)
    const { exporturl } = (await short.get(`${source}v1/export/`)).headers
    const expires = Number(new URL(String(exporturl)).searchParams.get('expires'))
    expect(expires).toBe(Math.floor(Date.parse(expiresAt) / 1000))
  })
})
