import { beforeAll, describe, expect, it } from 'vitest'
import { unzip } from './support/client.ts'
import { concept, cut, exported, makeSource } from './support/dictionary.ts'
import { platform } from './support/platform.ts'

const running = platform()

const rows = (answer: { readonly body: { id: string }[] }) => answer.body.map(({ id }) => id)
const count = (headers: Readonly<Record<string, unknown>>) => Number(headers.num_found)

describe('lists', () => {
  let source: string
  const names = Array.from({ length: 12 }, (_, index) => `C${String(index).padStart(2, '0')}`)
  beforeAll(async () => {
    source = await makeSource(
      running.as.ada,
      'LISTS',
      names.map(name => concept(name)),
    )
  })

  it('page by headers, ten rows unless told, all of them for 0', async () => {
    const { nobody } = running.as
    const first = await nobody.get(`${source}concepts/?verbose=true`)
    expect(rows(first)).toEqual(names.toReversed().slice(0, 10))
    expect(first.headers).toMatchObject({
      num_found: '12',
      num_returned: '10',
      offset: '0',
      pages: '2',
      page_number: '1',
    })
    expect(first.headers).not.toHaveProperty('previous')
    expect(first.headers.next).toBe(`${running.url}${source}concepts/?verbose=true&page=2`)
    const second = await nobody.get(String(first.headers.next))
    expect(rows(second)).toEqual(['C01', 'C00'])
    expect(second.headers).toMatchObject({ num_returned: '2', offset: '10', page_number: '2' })
    expect(second.headers).not.toHaveProperty('next')
    expect(second.headers.previous).toBe(`${running.url}${source}concepts/?verbose=true&page=1`)
    expect(await nobody.get(`${source}concepts/?page=3`)).toMatchObject({ status: 404, body: { detail: 'Not found.' } })
    const all = await nobody.get(`${source}concepts/?limit=0`)
    expect(rows(all)).toHaveLength(12)
    expect(all.headers).toMatchObject({ pages: '1', num_returned: '12' })
    for (const odd of ['-1', 'x', '1.5'])
      expect(rows(await nobody.get(`${source}concepts?limit=${odd}`))).toHaveLength(10)
    const head = await nobody.send('HEAD', `${source}concepts/?limit=3`)
    expect(head).toMatchObject({ status: 200, text: '', headers: { num_found: '12', num_returned: '3' } })
    expect(head.headers['content-length']).not.toBe('0')
  })

  it('are searched, and say how long they are with and without retired rows', async () => {
    const { ada, nobody } = running.as
    await ada.put(`${source}concepts/C03/`, { names: [{ name: 'Fièvre Jaune', locale: 'fr' }] })
    expect(rows(await nobody.get(`${source}concepts/?q=jaune`))).toEqual(['C03'])
    expect(rows(await nobody.get(`${source}concepts/?q=c1`))).toEqual(['C11', 'C10'])
    expect((await ada.delete(`${source}concepts/C05/`)).status).toBe(204)
    expect(count((await nobody.get(`${source}concepts/`)).headers)).toBe(11)
    expect(count((await nobody.get(`${source}concepts/?includeRetired=true`)).headers)).toBe(12)
    expect(count((await nobody.get(`${source}concepts/?includeRetired=false`)).headers)).toBe(11)
    await cut(ada, source, 'v1')
    await ada.put(`${source}concepts/C03/`, { names: [{ name: 'other', locale: 'fr' }] })
    expect(rows(await nobody.get(`${source}v1/concepts/?q=jaune`))).toEqual(['C03'])
    expect(rows(await nobody.get(`${source}concepts/?q=jaune`))).toEqual([])
    expect(count((await nobody.get(`${source}v1/concepts/?includeRetired=1`)).headers)).toBe(12)
    expect(count((await nobody.get(`${source}v1/concepts/`)).headers)).toBe(11)
    const { body } = await nobody.get(source)
    expect(body).toMatchObject({ active_concepts: 11, active_mappings: 0, versions: 2 })
  })

  it('are filtered and sorted, live and frozen, and count what they filter', async () => {
    const { ada, nobody } = running.as
    const named = (id: string, concept_class: string, datatype: string, name: string) =>
      concept(id, { concept_class, datatype, names: [{ name, locale: 'en' }] })
    const source = await makeSource(ada, 'FILTERS', [
      named('a', 'Diagnosis', 'N/A', 'Zeta'),
      named('b', 'Drug', 'Text', 'alpha'),
      named('c/1', 'Misc, other', 'N/A', 'Beta'),
    ])
    const url = (id: string) => `${source}concepts/${encodeURIComponent(id)}/`
    const map = (id: string, map_type: string, from: string, to: string) =>
      ada.post(`${source}mappings/`, { id, map_type, from_concept_url: url(from), to_concept_url: url(to) })
    for (const [id, type, from, to] of [
      ['1', 'SAME-AS', 'a', 'b'],
      ['2', 'NARROWER-THAN', 'a', 'c/1'],
      ['3', 'SAME-AS', 'c/1', 'b'],
    ] as const)
      expect((await map(id, type, from, to)).status).toBe(201)
    await cut(ada, source, 'v1')
    await ada.put(url('b'), { concept_class: 'Later', names: [{ name: 'omega', locale: 'en' }] })
    const expected = [
      ['concepts/?conceptClass=diagnosis', 'a', 'a'],
      ['concepts/?conceptClass=Drug,Diagnosis&sortAsc=id', 'a', 'a b'],
      ['concepts/?conceptClass=Misc,%20other', 'c/1', 'c/1'],
      ['concepts/?datatype=N/A&sortDesc=name', 'a c/1', 'a c/1'],
      ['concepts/?sortAsc=name', 'c/1 b a', 'b c/1 a'],
      ['concepts/?sortAsc=lastUpdate&limit=1', 'a', 'a'],
      ['concepts/?sortDesc=id&q=et', 'c/1 a', 'c/1 a'],
      ['concepts/?conceptClass=&unknownFilter=x&sortAsc=nonsense', 'b c/1 a', 'c/1 b a'],
      ['mappings/?mapType=same-as&sortAsc=id', '1 3', '1 3'],
      ['mappings/?fromConcept=a&sortDesc=id', '2 1', '2 1'],
      [`mappings/?fromConcept=${encodeURIComponent(url('c/1'))}`, '3', '3'],
      ['mappings/?toConcept=b&mapType=SAME-AS&fromConcept=c/1', '3', '3'],
      [`mappings/?toConcept=${url('nil')}`, '', ''],
      ['concepts/a/mappings/?mapType=SAME-AS', '1', '1'],
    ] as const
    for (const [path, live, frozen] of expected) {
      const [now, then] = [await nobody.get(source + path), await nobody.get(`${source}v1/${path}`)]
      expect([rows(now).join(' '), rows(then).join(' ')], path).toEqual([live, frozen])
      if (!path.includes('limit=')) expect(count(now.headers), path).toBe(rows(now).length)
    }
  })

  it('of sources and orgs count what the caller may see', async () => {
    const { ada, bob, nobody, staff } = running.as
    const callers = [nobody, bob, ada, staff]
    const counts = async (path: string) => Promise.all(callers.map(async one => count((await one.get(path)).headers)))
    const [orgs, sources] = [await counts('/orgs/'), await counts('/sources/')]
    await ada.post('/orgs/', { id: 'HIDDEN', name: 'Hidden', public_access: 'None' })
    await ada.post('/orgs/HIDDEN/sources/', { id: 'H', name: 'H', public_access: 'None' })
    const plus = (before: readonly number[], more: readonly number[]) =>
      before.map((one, index) => one + (more[index] ?? 0))
    expect(await counts('/orgs/')).toEqual(plus(orgs, [0, 0, 1, 1]))
    expect(await counts('/sources/')).toEqual(plus(sources, [0, 0, 1, 1]))
    await ada.put('/orgs/HIDDEN/', { public_access: 'View' })
    await ada.put('/orgs/HIDDEN/sources/H/', { public_access: 'Edit' })
    expect(await counts('/orgs/')).toEqual(plus(orgs, [1, 1, 1, 1]))
    expect(await counts('/orgs/HIDDEN/sources/')).toEqual([1, 1, 1, 1])
    expect(rows(await ada.get('/orgs/HIDDEN/sources/'))).toEqual(['H'])
    expect((await staff.get('/orgs/HIDDEN/')).body).toMatchObject({ members: 1, public_sources: 1 })
    expect((await ada.delete('/orgs/HIDDEN/sources/H/')).status).toBe(204)
    expect((await staff.delete('/orgs/HIDDEN/')).status).toBe(204)
    expect(await counts('/orgs/')).toEqual(orgs)
    expect(await counts('/sources/')).toEqual(sources)
  })
})

describe('concepts', () => {
  it('are made, changed, retired and brought back, each state with a URL of its own', async () => {
    const { ada, nobody } = running.as
    const source = await makeSource(ada, 'CHANGES')
    const path = `${source}concepts/`
    for (const [body, field] of [
      [{ ...concept('a\nb') }, 'id'],
      [{ ...concept('a'), id: ' ' }, 'id'],
      [{ ...concept('..') }, 'id'],
      [{ ...concept('a'), names: null }, 'names'],
      [{ ...concept('a'), names: [{ locale: 'en' }] }, 'names'],
      [{ ...concept('a'), descriptions: [{ locale: 'en' }] }, 'descriptions'],
      [{ ...concept('a'), datatype: '' }, 'datatype'],
    ] as const) {
      const refused = await ada.post(path, body)
      expect([refused.status, Object.keys(refused.body)], JSON.stringify(body)).toEqual([400, [field]])
    }
    // Words that mean something at other places of a path are ids like others here.
    for (const id of ['mappings', 'versions', 'concepts', 'export', 'HEAD', 'latest']) {
      expect((await ada.post(path, concept(id))).status).toBe(201)
      expect((await nobody.get(`${path}${id}/`)).body.id).toBe(id)
      expect((await nobody.get(`${path}${id}/mappings/`)).body).toEqual([])
      expect((await nobody.get(`${path}${id}/versions/`)).body).toHaveLength(1)
    }
    const made = await ada.post(path, concept('K', { extras: { 'a.b': 1, 'c%': [] } }))
    expect(made).toMatchObject({ status: 201, headers: { location: `${path}K/` } })
    expect(await ada.post(path, concept('K'))).toMatchObject({
      status: 400,
      body: { __all__: ['Concept ID must be unique within a source.'] },
    })
    const same = await ada.put(`${path}K/`, { datatype: 'N/A', update_comment: 'nothing' })
    expect(same.body.version_url).toBe(made.body.version_url)
    const changed = await ada.put(`${path}K/`, { datatype: 'Text', update_comment: 'better' })
    expect(changed.body).toMatchObject({
      version: '2',
      update_comment: 'better',
      previous_version_url: made.body.version_url,
    })
    expect((await ada.send('PUT', `${path}K/`, { datatype: 'x' }, { 'if-match': made.body.version_url })).status).toBe(
      412,
    )
    expect((await ada.delete(`${path}K/`)).status).toBe(204)
    expect(await ada.delete(`${path}K/`)).toMatchObject({
      status: 400,
      body: { __all__: ['Concept is already retired'] },
    })
    const back = await ada.put(`${path}K/`, { retired: false })
    expect(back.body).toMatchObject({ retired: false, version: '4' })
    const states = await nobody.get(`${path}K/versions/`)
    expect(states.body.map(({ version }: { version: string }) => version)).toEqual(['4', '3', '2', '1'])
    expect(states.body.map((row: { is_latest_version: boolean }) => row.is_latest_version)).toEqual([
      true,
      false,
      false,
      false,
    ])
    expect((await nobody.get(`${path}K/1/`)).body).toEqual(made.body)
    expect((await nobody.get(`${path}K/${changed.body.uuid}/`)).body).toEqual(changed.body)
    expect((await nobody.get(`${path}K/9/`)).status).toBe(404)

    await cut(ada, source, 'v1')
    await ada.put(`${path}K/`, { datatype: 'Date' })
    expect((await nobody.get(`${source}v1/concepts/K/`)).body).toMatchObject({ version: '4' })
    expect((await nobody.get(`${source}v1/concepts/K/5/`)).status).toBe(404)
    for (const method of ['PUT', 'POST', 'DELETE']) {
      expect((await ada.send(method, `${source}v1/concepts/K/`, {})).status, method).toBe(405)
    }
  })
})

describe('versions', () => {
  it('are released, described and deleted; what is in them stays', async () => {
    const { ada, nobody } = running.as
    const source = await makeSource(ada, 'RELEASES', [concept('A')])
    const first = await cut(ada, source, 'v1', { description: 'first', version_external_id: 'x', extras: { a: 1 } })
    expect(first.body).toMatchObject({
      released: false,
      previous_version_url: null,
      export_error: null,
      version_external_id: 'x',
    })
    await cut(ada, source, 'v2', { released: 'true' })
    expect((await nobody.get(`${source}v2/`)).body.previous_version_url).toBe(`${source}v1/`)
    expect(rows(await nobody.get(`${source}versions`))).toEqual(['HEAD', 'v2', 'v1'])
    expect(rows(await nobody.get(`${source}versions/?released=FALSE`))).toEqual(['HEAD', 'v1'])
    expect(rows(await nobody.get(`${source}versions/?released=maybe&limit=1&page=2`))).toEqual(['v2'])
    for (const [body, field] of [
      [{ id: 'export' }, 'id'],
      [{ id: null }, 'id'],
      [{}, 'id'],
      [{ id: 'v3', released: 'perhaps' }, 'released'],
      [{ id: 'v3', previous_version: 'v3' }, 'previousVersion'],
      [{ id: 'v3', parent_version: 'nil' }, 'parentVersion'],
    ] as const) {
      const refused = await ada.post(`${source}versions/`, body)
      expect([refused.status, Object.keys(refused.body)], JSON.stringify(body)).toEqual([400, [field]])
    }
    expect(await ada.post(`${source}versions/`, { id: 'HEAD' })).toMatchObject({ status: 409 })
    expect((await ada.put(`${source}HEAD/`, { released: true })).status).toBe(400)
    expect((await ada.put(`${source}v1/`, { id: 'v9', released: true, retired: true })).body).toMatchObject({
      id: 'v1',
      retired: true,
    })
    expect((await ada.get(`${source}latest`)).body.id).toBe('v2')
    await ada.put(`${source}concepts/A/`, { datatype: 'later' })
    const frozen = await nobody.get(`${source}v1/?includeConcepts=true&limit=0`)
    expect(frozen.body.concepts).toMatchObject([{ datatype: 'N/A' }])
    expect(frozen.text.startsWith('{"type":"Source Version"')).toBe(true)
    // A version that is gone is passed over by those that came after it.
    await cut(ada, source, 'v3')
    expect((await ada.delete(`${source}v2/`)).status).toBe(204)
    expect((await nobody.get(`${source}v3/`)).body.previous_version_url).toBe(`${source}v1/`)
    expect((await ada.get(`${source}latest/`)).status).toBe(404)
    expect((await nobody.get(`${source}v2/`)).status).toBe(404)
  })
})

describe('a path', () => {
  it('is good with and without its last slash, for every method', async () => {
    const { ada } = running.as
    for (const slash of ['', '/']) {
      const org = `SLASH${slash.length}`
      expect((await ada.post(`/orgs${slash}`, { id: org, name: org })).status).toBe(201)
      const sources = `/orgs/${org}/sources`
      expect((await ada.post(`${sources}${slash}`, { id: 'S', name: 'S' })).status).toBe(201)
      expect((await ada.post(`${sources}/S/concepts${slash}`, concept('A'))).status).toBe(201)
      expect((await ada.send('PATCH', `${sources}/S/concepts/A${slash}`, { datatype: 'x' })).status).toBe(200)
      expect((await ada.post(`${sources}/S/versions${slash}`, { id: 'v1' })).status).toBe(201)
      await exported(ada, `${sources}/S/`, 'v1')
      expect((await ada.send('HEAD', `${sources}/S/v1/export${slash}`)).status).toBe(200)
      expect((await ada.delete(`${sources}/S/v1/export${slash}`)).status).toBe(204)
      expect((await ada.delete(`${sources}/S${slash}`)).status).toBe(204)
    }
  })
})

describe('users', () => {
  it('get the same token by every login, until their password changes', async () => {
    const { nobody, staff } = running.as
    const dora = {
      username: 'dora',
      name: 'Dora',
      email: 'dora@example.org',
      password: 'first password',
      company: 'ACME',
      extras: { a: 1 },
    }
    expect((await staff.post('/users/', { ...dora, username: 'login' })).status).toBe(400)
    const made = await staff.post('/users/', dora)
    expect(made).toMatchObject({ status: 201, body: { username: 'dora', company: 'ACME', extras: { a: 1 }, orgs: 0 } })
    const login = async () => (await nobody.post('/users/login/', dora)).body.token as string
    const [one, other] = await Promise.all([login(), login()])
    expect(one).toMatch(/^[0-9a-f]{40}$/)
    expect([other, await login()]).toEqual([one, one])
    const authorization = `Token ${one}`
    expect((await nobody.get('/user/', { authorization })).body).toMatchObject({ username: 'dora', company: 'ACME' })
  })

  it('list the orgs that they are members of', async () => {
    const { ada, bob, nobody } = running.as
    await bob.post('/orgs/', { id: 'BOBS', name: "Bob's" })
    await bob.post('/orgs/', { id: 'BOBS-OWN', name: 'Own', public_access: 'None' })
    expect(rows(await bob.get('/user/orgs/'))).toEqual(['BOBS', 'BOBS-OWN'])
    expect(rows(await ada.get('/users/bob/orgs'))).toEqual(['BOBS'])
    expect((await bob.get('/users/bob/orgs/')).headers.num_found).toBe('2')
    expect((await nobody.get('/user/orgs/')).status).toBe(401)
    expect((await nobody.get('/users/nil/orgs/')).status).toBe(404)
    expect((await bob.get('/user/')).body).toMatchObject({ orgs: 2, organizations_url: '/users/bob/orgs/' })
  })
})

describe('answers', () => {
  it('come as an archive wherever that is asked for', async () => {
    const { ada, nobody } = running.as
    for (const path of ['/orgs/', '/sources/', '/users/ada/', '/orgs/LISTS/', '/orgs/LISTS/sources/S/versions/']) {
      const plain = await nobody.get(path)
      const archive = await nobody.get(path, { compress: 'true' })
      expect(archive.headers['content-type'], path).toBe('application/zip')
      expect(unzip(archive.bytes), path).toEqual({ name: 'export.json', text: plain.text })
    }
    expect((await ada.get('/user/', { compress: 'false' })).headers['content-type']).toContain('application/json')
  })

  it('are errors in their shape for input of every kind', async () => {
    const { ada, nobody } = running.as
    for (const body of [
      '[]',
      '"x"',
      '1',
      'null',
      '{"id":{}}',
      '{"id":"a\\u0000b","name":"x"}',
      '{"id":"q","name":"\\u0000"}',
    ]) {
      const refused = await ada.post('/user/sources/', body)
      expect([refused.status, typeof refused.body], body).toEqual([400, 'object'])
    }
    for (const path of [
      '/orgs/%00/',
      '/orgs/%ff/',
      '/users/a%00/',
      '/orgs/LISTS/sources/%00/',
      '/orgs/LISTS/sources/S/concepts/%00/',
    ]) {
      const { status, body } = await nobody.get(path)
      expect([400, 404], path).toContain(status)
      expect(body, path).toMatchObject({ detail: expect.any(String) })
    }
    const queries = [
      'updatedSince=2026-01-01T00:00:00%00',
      'q=%00',
      'limit=99999999999999999999',
      'page=0',
      'offset=-1&limit=1e3',
    ]
    for (const query of queries) {
      expect((await nobody.get(`/orgs/LISTS/sources/S/concepts/?${query}`)).status, query).toBe(200)
      expect((await nobody.get(`/orgs/LISTS/sources/S/?includeConcepts=1&${query}`)).status, query).toBe(200)
    }
  })
})
