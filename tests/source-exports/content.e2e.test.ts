import { eventually } from '@slipway/testing'
import { describe, expect, it } from 'vitest'
import { unzip } from './support/client.ts'
import { concept, cut, exported, makeSource } from './support/dictionary.ts'
import { platform } from './support/platform.ts'

const running = platform()

const rows = (answer: { readonly body: { id: string }[] }) => answer.body.map(({ id }) => id)

describe('ids of concepts and mappings', () => {
  const codes = [
    'HEM/BC',
    'HEM%2FBC',
    'application/ld+json',
    'a b',
    'user@x',
    '100%',
    '~tilde',
    'a?b#c',
    'é;(1)',
    'a+b',
    "d'",
    '%',
  ]

  it('are any text, percent-encoded in addresses', async () => {
    const { ada, nobody } = running.as
    const source = await makeSource(ada, 'CODES', [concept('plain')])
    const url = (id: string) => `${source}concepts/${encodeURIComponent(id)}/`
    for (const id of codes) {
      const made = await ada.post(`${source}concepts/`, concept(id))
      expect(made, id).toMatchObject({ status: 201, headers: { location: url(id) }, body: { id, url: url(id) } })
      expect((await nobody.get(url(id))).body).toEqual(made.body)
      expect((await nobody.get(made.body.version_url)).body).toEqual(made.body)
      const mapping = { id, map_type: 'x', from_concept_url: url(id), to_concept_url: url('plain') }
      const mapped = await ada.post(`${source}mappings/`, mapping)
      expect(mapped.body, mapped.text).toMatchObject({ id, from_concept_code: id, from_concept_url: url(id) })
      expect((await nobody.get(mapped.body.url)).body).toEqual(mapped.body)
      expect(rows(await nobody.get(`${url(id)}mappings/`))).toEqual([id])
      const back = {
        map_type: 'y',
        from_concept_url: url('plain'),
        to_concept_url: `https://elsewhere.example${url(id)}`,
      }
      expect((await ada.post(`${source}mappings/`, back)).body).toMatchObject({
        to_concept_code: id,
        to_concept_url: url(id),
      })
      expect((await ada.put(url(id), { datatype: 'Text' })).body).toMatchObject({ id, version: '2' })
      expect((await nobody.get(`${url(id)}versions/?limit=1`)).headers.next).toBe(
        `${running.url}${url(id)}versions/?limit=1&page=2`,
      )
      expect((await ada.delete(url(id))).status).toBe(204)
      expect((await nobody.get(url(id))).body).toMatchObject({ id, retired: true })
    }
    expect(rows(await nobody.get(`${source}concepts/?includeRetired=true&limit=0`)).toSorted()).toEqual(
      ['plain', ...codes].toSorted(),
    )
    await cut(ada, source, 'v1')
    expect((await nobody.get(`${source}v1/concepts/${encodeURIComponent('HEM/BC')}/`)).body.id).toBe('HEM/BC')
    const { concepts } = JSON.parse(unzip((await exported(nobody, source, 'v1')).bytes).text)
    expect(concepts.map(({ id }: { id: string }) => id)).toEqual(['plain', ...codes])
  })

  it('may be larger than a message of the bus, up to a limit', async () => {
    const { ada, nobody } = running.as
    const source = await makeSource(ada, 'LARGE')
    const path = `${source}concepts/`
    const long = 'é'.repeat(4_500_000)
    const made = await ada.post(path, concept('L', { extras: { long } }))
    expect([made.status, made.body.extras.long === long]).toEqual([201, true])
    expect((await ada.put(`${path}L/`, { datatype: 'Text', extras: { long: 'x'.repeat(9_000_000) } })).status).toBe(200)
    for (const url of [`${path}L/`, path, `${path}L/versions/`, `${source}?includeConcepts=true`]) {
      const read = await nobody.get(url)
      expect([read.status, JSON.stringify(read.body).includes('x'.repeat(9_000_000))], url).toEqual([200, true])
    }
    const beyond = concept('B', { extras: { long: 'x'.repeat(16 * 1024 * 1024) } })
    expect(await ada.post(path, beyond)).toMatchObject({ status: 413, body: { detail: expect.any(String) } })
    const rowBeyond = { names: Array.from({ length: 90_000 }, (_, n) => ({ name: `name ${n}`, locale: 'en' })) }
    expect(await ada.post(path, concept('B', rowBeyond))).toMatchObject({
      ...{ status: 413, body: { detail: expect.stringContaining('16777216') } },
    })
    expect((await nobody.get(`${path}B/`)).status).toBe(404)
  })
})

describe('retiring', () => {
  it('keeps the reason and the comment, is undone, and never deletes for good', async () => {
    const { ada, nobody } = running.as
    const source = await makeSource(ada, 'REASONS', [concept('A'), concept('B')])
    const [from_concept_url, to_concept_url] = [`${source}concepts/A/`, `${source}concepts/B/`]
    expect(
      (await ada.post(`${source}mappings/`, { id: 'm', map_type: 'x', from_concept_url, to_concept_url })).status,
    ).toBe(201)
    for (const path of [from_concept_url, `${source}mappings/m/`]) {
      const state = async () => (await nobody.get(path)).body
      const hard = await ada.delete(`${path}?hardDelete=true`)
      expect([hard.status, hard.body.detail]).toEqual([400, expect.stringContaining('never deleted')])
      expect((await ada.send('DELETE', path, { hardDelete: true })).status).toBe(400)
      expect(await state()).toMatchObject({ retired: false, version: '1' })
      expect((await ada.send('DELETE', path, { retire_reason: 'twice there', comment: 'tidied' })).status).toBe(204)
      expect(await state()).toMatchObject({ retired: true, retire_reason: 'twice there', update_comment: 'tidied' })
      expect((await nobody.send('PUT', `${path}reactivate/`)).status).toBe(401)
      expect((await ada.put(`${path}reactivate/`, { comment: 'needed' })).status).toBe(204)
      expect(await state()).toMatchObject({
        retired: false,
        retire_reason: null,
        update_comment: 'needed',
        version: '3',
      })
      const again = await ada.put(`${path}reactivate`)
      expect([again.status, again.body.__all__]).toEqual([
        400,
        [expect.stringMatching(/^(?:Concept|Mapping) is already not retired$/)],
      ])
      expect((await nobody.get(`${path}reactivate/`)).status).toBe(405)
      const update_comment = 'the other name'
      expect((await ada.send('DELETE', path, { update_comment, comment: 'x' })).status).toBe(204)
      expect(await state()).toMatchObject({ retire_reason: null, update_comment })
    }
    expect((await ada.put(`${source}concepts/nil/reactivate/`)).status).toBe(404)
  })
})

describe('an export', () => {
  it('is had without what is retired', async () => {
    const { ada, nobody } = running.as
    const source = await makeSource(ada, 'ACTIVE', [concept('A'), concept('B')])
    expect((await ada.delete(`${source}concepts/A/`)).status).toBe(204)
    await cut(ada, source, 'v1')
    const whole = await exported(nobody, source, 'v1')
    const ids = (zip: Buffer) => JSON.parse(unzip(zip).text).concepts.map(({ id }: { id: string }) => id)
    expect(ids(whole.bytes)).toEqual(['A', 'B'])
    const active = await nobody.get(`${source}v1/export/?includeRetired=false`)
    expect(active.headers).toMatchObject({
      'content-type': 'application/zip',
      lastupdated: whole.headers.lastupdated,
      'content-disposition': whole.headers['content-disposition'],
    })
    expect(ids(active.bytes)).toEqual(['B'])
    expect(ids((await nobody.get(`${source}v1/export/?includeRetired=true`)).bytes)).toEqual(['A', 'B'])
    const head = await nobody.send('HEAD', `${source}v1/export/?includeRetired=false`)
    expect([head.status, head.text]).toEqual([200, ''])
  })
})

describe('fields of other programs', () => {
  const url = (source: string, id: string) => `${source}concepts/${id}/`
  const attributes = {
    ...{
      canonical_url: 'https://icd.example/cs',
      hierarchy_meaning: 'is-a',
      hierarchy_root_url: '/orgs/FIELDS/sources/S/concepts/A/',
    },
    ...{ identifier: { type: [1.5, null] }, contact: [], publisher: 'P', experimental: false, text: ' t ' },
  }

  it('are kept with sources, frozen with versions, and exported', async () => {
    const { ada, nobody } = running.as
    const source = await makeSource(ada, 'FIELDS', [concept('A')])
    const changed = await ada.put(source, attributes)
    expect(changed.body).toMatchObject(attributes)
    expect(changed.body).not.toHaveProperty('purpose')
    const made = await ada.post('/orgs/FIELDS/sources/', { id: 'T', name: 'T', ...attributes })
    expect(made.body).toMatchObject(attributes)
    expect((await ada.put(source, { experimental: 'maybe' })).body).toEqual({
      experimental: ['Must be a valid boolean.'],
    })
    expect((await ada.put(source, { identifier: { concepts: 1 } })).status).toBe(400)
    expect((await cut(ada, source, 'v1')).body).toMatchObject(attributes)
    expect((await ada.put(source, { canonical_url: null })).body).not.toHaveProperty('canonical_url')
    expect((await nobody.get(source)).body).toMatchObject({ identifier: attributes.identifier, publisher: 'P' })
    const file = JSON.parse(unzip((await exported(nobody, source, 'v1')).bytes).text)
    expect(file).toMatchObject({ ...attributes, source: attributes })
  })

  it('are kept with concepts and mappings: parents, versions of sources, mappings sent along', async () => {
    const { ada, nobody } = running.as
    const source = await makeSource(ada, 'TREE', [concept('A'), concept('B')])
    const parent_concept_urls = [url(source, 'A'), '/orgs/later/sources/S/concepts/a%2Fb/']
    const to = (id: string, more: object = {}) => ({ map_type: 'x', to_concept_url: url(source, id), ...more })
    const made = await ada.post(`${source}concepts/`, {
      ...concept('hier', { parent_concept_urls }),
      mappings: [
        to('A', { id: 'm', to_source_version: '2026' }),
        { map_type: 'y', to_source_url: '/orgs/X/sources/Y/', to_concept_code: 'c' },
      ],
    })
    expect(made, made.text).toMatchObject({
      status: 201,
      headers: { location: url(source, 'hier') },
      body: { parent_concept_urls },
    })
    expect(made.body.mappings).toMatchObject([
      { id: 'm', from_concept_url: url(source, 'hier'), to_source_version: '2026' },
      { to_concept_code: 'c' },
    ])
    const read = async (query: string, at = source) => (await nobody.get(`${url(at, 'hier')}${query}`)).body
    expect(await read('')).toMatchObject({ parent_concept_urls, mappings: null })
    expect(await read('?includeMappings=true')).toEqual(made.body)
    await cut(ada, source, 'v1')
    // Those that are sent change or come; the others stay.
    const more = await ada.put(url(source, 'hier'), {
      mappings: [...made.body.mappings, to('B'), to('A', { sort_weight: 2 })],
    })
    expect(more, more.text).toMatchObject({ status: 200, body: { version: '1', parent_concept_urls } })
    expect(more.body.mappings.map(({ version }: { version: string }) => version)).toEqual(['1', '1', '2'])
    expect((await nobody.get(`${url(source, 'hier')}mappings/`)).body).toHaveLength(3)
    expect(await read('?includeMappings=true', `${source}v1/`)).toEqual(made.body)
    expect(await read('1/?includeMappings=1')).toEqual(more.body)
    const back = { map_type: 'z', from_concept_url: url(source, 'A'), to_concept_url: url(source, 'hier') }
    expect((await ada.post(`${source}mappings/`, { id: 'back', ...back })).status).toBe(201)
    expect((await read('?includeMappings=true')).mappings).toHaveLength(3)
    expect((await read('?includeInverseMappings=true')).mappings.at(-1)).toMatchObject({ id: 'back' })
    expect((await ada.delete(`${source}mappings/m/`)).status).toBe(204)
    expect((await read('?includeMappings=true')).mappings).toHaveLength(2)
    expect((await read('?includeMappings=true&includeRetired=true')).mappings).toHaveLength(3)

    const wrong = { ...concept('wrong'), mappings: [to('A'), { to_concept_url: url(source, 'A') }] }
    expect(await ada.post(`${source}concepts/`, wrong)).toMatchObject({
      status: 400,
      body: { mappings: ['map_type: This field is required.'] },
    })
    expect((await nobody.get(url(source, 'wrong'))).status).toBe(404)
    expect((await ada.put(url(source, 'hier'), { parent_concept_urls: [5] })).status).toBe(400)
    expect((await ada.put(url(source, 'hier'), { parent_concept_urls: null })).body).toMatchObject({
      version: '2',
      parent_concept_urls: [],
    })
  })
})

describe('numbers in free JSON', () => {
  const numbers = '{"sctid":12345678901234567890,"n":[9007199254740993,1.0,-0,1e2,{"d":0.12345678901234567890}]}'
  const holds = (answer: { readonly text: string }) =>
    expect(answer.text.replaceAll(' ', '')).toContain(`"extras":${numbers}`)

  it('stay as they were sent, wherever they are kept and read', async () => {
    const { ada, nobody, staff } = running.as
    const withNumbers = (fields: object) => `${JSON.stringify(fields).slice(0, -1)},"extras":${numbers}}`
    holds(await ada.post('/orgs/', withNumbers({ id: 'DIGITS', name: 'Digits' })))
    holds(await nobody.get('/orgs/DIGITS/'))
    holds(await ada.post('/orgs/DIGITS/sources/', withNumbers({ id: 'S', name: 'S' })))
    const source = '/orgs/DIGITS/sources/S/'
    holds(await ada.put(source, { description: 'other' }))
    const paths = [`${source}concepts/`, `${source}mappings/`] as const
    holds(await ada.post(paths[0], withNumbers(concept('A'))))
    const [from_concept_url, to_source_url] = [`${source}concepts/A/`, source]
    const mapping = { id: 'm', map_type: 'x', from_concept_url, to_source_url, to_concept_code: 'X' }
    holds(await ada.post(paths[1], withNumbers(mapping)))
    for (const path of [`${paths[0]}A/`, `${paths[1]}m/`]) {
      const before = await nobody.get(path)
      // The same numbers are no change, another spelling of one is.
      expect((await ada.put(path, `{"extras":${numbers}}`)).text).toBe(before.text)
      expect((await ada.put(path, `{"extras":${numbers.replace('1.0', '1')}}`)).body.version).toBe('2')
      holds(await ada.put(path, `{"extras":${numbers}}`))
      holds(await ada.put(path, { update_comment: 'no change', external_id: 'x' }))
      holds(await nobody.get(path))
      expect((await nobody.get(`${path}versions/`)).text.split(`"extras":${numbers}`)).toHaveLength(4)
    }
    // A number for a text keeps its digits, too.
    const big = '{"id":12345678901234567890,"concept_class":"x","datatype":"y","names":[{"name":1.50,"locale":"en"}]}'
    expect((await ada.post(paths[0], big)).body).toMatchObject({
      id: '12345678901234567890',
      names: [{ name: '1.50' }],
    })
    holds(await ada.post(`${source}versions/`, withNumbers({ id: 'v1' })))
    holds(await nobody.get(`${source}v1/`))
    const diff = await nobody.get(`${source}?includeConcepts=true&includeMappings=true&limit=0`)
    expect(diff.text.split(`"extras":${numbers}`)).toHaveLength(4)
    const { text } = unzip((await exported(nobody, source, 'v1')).bytes)
    // Of the version, the source, the concept and the mapping.
    expect(text.split(`"extras":${numbers}`)).toHaveLength(5)
    const user = { username: 'digits', name: 'D', email: 'd@example.org', password: 'password of digits' }
    holds(await staff.post('/users/', withNumbers(user)))
    holds(await nobody.get('/users/digits/'))

    const lines = ['DIGITS2', 'A', 'NEW'].map((id, index) =>
      withNumbers(
        index === 0 ? { type: 'Organization', id, name: id } : { ...concept(id), type: 'Concept', source_url: source },
      ),
    )
    const task = await ada.send('POST', '/manage/bulkimport/', lines.join('\n'), { 'content-type': 'text/plain' })
    const done = await eventually(async () => {
      const answer = await ada.get(`/importers/bulk-import/?task=${task.body.task}&result=json`)
      return answer.body.state === 'SUCCESS' && answer
    })
    expect(done.body.report).toMatchObject({ created: 2, unchanged: 1 })
    expect(done.text.split(`"extras":${numbers}`)).toHaveLength(4)
    holds(await nobody.get('/orgs/DIGITS2/'))
    holds(await nobody.get(`${paths[0]}NEW/`))
  })
})

describe('mappings', () => {
  it('are found from their concepts, in both directions, live and frozen', async () => {
    const { ada, nobody } = running.as
    const source = await makeSource(ada, 'LINKS', [concept('A'), concept('B'), concept('C')])
    const url = (id: string) => `${source}concepts/${id}/`
    const map = (id: string, from: string, to: object) =>
      ada.post(`${source}mappings/`, { id, map_type: 'IS-A', from_concept_url: url(from), ...to })
    expect((await map('ab', 'A', { to_concept_url: url('B') })).status).toBe(201)
    expect((await map('ca', 'C', { to_concept_url: `http://elsewhere.example${url('A')}` })).status).toBe(201)
    expect((await map('ax', 'A', { to_source_url: source, to_concept_code: 'X' })).status).toBe(201)
    const of = async (path: string) => rows(await nobody.get(path)).sort()
    expect(await of(`${url('A')}mappings/`)).toEqual(['ab', 'ax'])
    expect(await of(`${url('A')}mappings?includeInverseMappings=true`)).toEqual(['ab', 'ax', 'ca'])
    expect(await of(`${url('B')}mappings/`)).toEqual([])
    await cut(ada, source, 'v1')
    await ada.delete(`${source}mappings/ab/`)
    await ada.put(`${source}mappings/ca/`, { from_concept_url: url('B') })
    expect(await of(`${url('A')}mappings/`)).toEqual(['ax'])
    expect(await of(`${url('A')}mappings/?includeRetired=true`)).toEqual(['ab', 'ax'])
    expect(await of(`${url('B')}mappings/`)).toEqual(['ca'])
    expect(await of(`${source}v1/concepts/A/mappings/`)).toEqual(['ab', 'ax'])
    expect(await of(`${source}v1/concepts/C/mappings/`)).toEqual(['ca'])
    expect(await of(`${source}v1/concepts/B/mappings/?includeInverseMappings=1`)).toEqual(['ab'])
    expect((await nobody.get(`${url('nil')}mappings/`)).status).toBe(404)
    const states = await nobody.get(`${source}mappings/ca/versions/`)
    expect(states.body.map(({ version }: { version: string }) => version)).toEqual(['2', '1'])
  })

  it('stay as they are for writers who cannot see where they lead', async () => {
    const { ada, bob } = running.as
    const secret = await makeSource(ada, 'SECRET', [concept('A')])
    const open = await makeSource(ada, 'OPEN', [concept('A')])
    await ada.put(open, { public_access: 'Edit' })
    const mapping = {
      id: 'm',
      map_type: 'SAME-AS',
      from_concept_url: `${open}concepts/A/`,
      to_concept_url: `${secret}concepts/A/`,
    }
    expect((await ada.post(`${open}mappings/`, mapping)).status).toBe(201)
    await ada.put(secret, { public_access: 'None' })
    expect((await bob.put(`${open}mappings/m/`, { map_type: 'NARROWER-THAN' })).status).toBe(200)
    // For him it is not there, like anything that is still to come.
    expect(await bob.post(`${open}mappings/`, { ...mapping, id: 'n' })).toMatchObject({
      status: 201,
      body: { to_concept_url: null, to_concept_name: null, to_concept_code: 'A' },
    })
    const refused = await ada.delete(secret)
    expect([refused.status, refused.body.detail]).toEqual([400, expect.stringContaining('cannot be deleted')])
  })
})
