import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { unifiedStudySchema } from '@slipway/contracts'
import { httpExchange } from '@slipway/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { platformOfFile } from '../support/platform-of-file.ts'

const adminToken = 'unified-administrator-token'
const accounts = [{ login: 'ada', token: 'token-of-ada-for-tests' }]

/** Of the data service beside the platform. */
let mirrored: object[] = [{ kf_id: 'SD_M1RR0RED', name: 'Mirrored', visible: true }]
let dataService: Server

function caller(url: string, token?: string) {
  const usual = token === undefined ? {} : { authorization: `Bearer ${token}` }
  return (method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}) =>
    httpExchange(url, method, path, {
      headers: { ...usual, ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
}

const running = platformOfFile(
  async () => {
    dataService = createServer((_request, response) => response.end(JSON.stringify({ results: mirrored, _links: {} })))
    await new Promise<void>(resolve => dataService.listen(0, '127.0.0.1', resolve))
    const { port } = dataService.address() as AddressInfo
    return { adminToken, accounts, env: { coordinator: { DATASERVICE_URL: `http://127.0.0.1:${port}` } } }
  },
  url => ({ admin: caller(url, adminToken), ada: caller(url, 'token-of-ada-for-tests'), anonymous: caller(url) }),
)
let as: typeof running.as
beforeAll(() => {
  as = running.as
})
afterAll(() => void dataService?.close())

const problem = (status: number, code: string) => ({
  type: `${running.url}/docs/errors#${code}`,
  title: expect.any(String),
  status,
  detail: expect.any(String),
  code,
  trace_id: expect.stringMatching(/^[\da-f]{32}$/),
})

async function make(fields: object) {
  const made = await as.admin('POST', '/v1/studies', fields)
  expect([made.status, made.text]).toEqual([201, expect.any(String)])
  return made.body
}

describe("studies of one's own", () => {
  test('are made, read, changed, and released like all others', async () => {
    const made = await as.admin('POST', '/v1/studies', { name: '  Own data ' })
    expect(made.status).toBe(201)
    const { id } = made.body
    expect(unifiedStudySchema.parse(made.body)).toEqual(made.body)
    expect(made.body).toMatchObject({
      id: expect.stringMatching(/^SD_[0-9A-HJKMNP-TV-Z]{8}$/),
      kf_id: id,
      name: 'Own data',
      visible: true,
      origin: 'platform',
      deleted: false,
      version: null,
      published_version: null,
      links: { self: `${running.url}/v1/studies/${id}` },
    })
    expect(made.body.created_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    expect(made.headers.location).toBe(made.body.links.self)
    const read = await as.anonymous('GET', `/v1/studies/${id}`)
    expect([read.status, read.body, read.headers.etag]).toEqual([200, made.body, made.headers.etag])

    const changed = await as.admin('PATCH', `/v1/studies/${id}`, { visible: false })
    expect([changed.status, changed.body]).toMatchObject([200, { id, name: 'Own data', visible: false }])
    expect((await as.anonymous('GET', `/studies/${id}`)).body).toMatchObject({ kf_id: id, visible: false })
    const release = await as.admin('POST', '/releases', {
      ...{ name: 'First', description: 'Of own data', author: 'ada', studies: [id], tags: [] },
    })
    expect(release.status).toBe(201)
    expect((await as.anonymous('GET', `/v1/studies/${id}`)).body.version).toBe(release.body.version)
  })

  test('have the id that is given, once', async () => {
    const given = { kf_id: 'SD_G1VEN000', name: 'Given', visible: false }
    expect(await make(given)).toMatchObject({ id: 'SD_G1VEN000', visible: false })
    const again = await as.admin('POST', '/v1/studies', given)
    expect([again.status, again.body]).toEqual([409, problem(409, 'conflict')])
  })

  test('are listed page by page, in every order, also while others are made', async () => {
    const names = ['pages b', 'pages a', 'pages d', 'pages c', 'pages e']
    for (const name of names) await make({ name })
    const read = async (query: string) => {
      const found: string[] = []
      let next: string | null = null
      do {
        const cursor: string = next === null ? '' : `&cursor=${encodeURIComponent(next)}`
        const { status, body } = await as.anonymous('GET', `/v1/studies?q=PAGES&limit=2&total=true${query}${cursor}`)
        expect([status, body.total]).toEqual([200, expect.any(Number)])
        found.push(...body.items.map((item: { name: string }) => item.name))
        next = body.next
      } while (next !== null)
      return found
    }
    expect(await read('')).toEqual(names.toReversed())
    expect(await read('&sort=created_at')).toEqual(names)
    expect(await read('&sort=name')).toEqual(names.toSorted())
    expect(await read('&sort=-name')).toEqual(names.toSorted().toReversed())

    const first = await as.anonymous('GET', '/v1/studies?q=pages&limit=2')
    await make({ name: 'pages later' })
    const second = await as.anonymous('GET', `/v1/studies?q=pages&limit=2&cursor=${first.body.next}`)
    expect(second.body.items.map((item: { name: string }) => item.name)).toEqual(['pages d', 'pages a'])
    expect(first.headers.link).toBe(`<${running.url}/v1/studies?q=pages&limit=2&cursor=${first.body.next}>; rel="next"`)
    const other = await as.anonymous('GET', `/v1/studies?q=pages&limit=2&sort=name&cursor=${first.body.next}`)
    expect([other.status, other.body.errors]).toEqual([400, [expect.objectContaining({ parameter: 'cursor' })]])
  })

  test('are chosen by what they are, and shown in part', async () => {
    const { id } = await make({ name: 'chosen', visible: false })
    const shown = await as.anonymous('GET', '/v1/studies?q=chosen&visible=false&origin=platform&fields=id,name')
    expect(shown.body).toEqual({ items: [{ id, name: 'chosen' }], next: null })
    const now = encodeURIComponent(new Date(Date.now() + 3_600_000).toISOString())
    expect((await as.anonymous('GET', '/v1/studies?q=chosen&visible=true')).body.items).toEqual([])
    expect((await as.anonymous('GET', `/v1/studies?q=chosen&created_after=${now}`)).body.items).toEqual([])
    expect((await as.anonymous('GET', `/v1/studies?q=chosen&created_before=${now}`)).body.items).toHaveLength(1)
    expect((await as.anonymous('GET', '/v1/studies?q=chosen&visible=true&visible=false')).body.items).toHaveLength(1)
  })
})

describe('a study of the data service', () => {
  test('stays its own, and one made here stays ours', async () => {
    await make({ kf_id: 'SD_0VRS0000', name: 'Ours' })
    mirrored = [
      { kf_id: 'SD_M1RR0RED', name: 'Mirrored', visible: true },
      { kf_id: 'SD_0VRS0000', name: 'Theirs', visible: false },
      { kf_id: 'SD_T00L0NG0', name: 'x'.repeat(300), visible: true },
    ]
    const sync = await as.admin('POST', '/studies/sync')
    expect(sync.body).toMatchObject({ status: 'ok', new: 1, deleted: 0 })
    expect(sync.body.message).toMatch(/^Synchronized with dataservice, but for 2 of its studies: .*SD_T00L0NG0/)
    expect((await as.anonymous('GET', '/v1/studies/SD_M1RR0RED')).body.origin).toBe('dataservice')
    expect((await as.anonymous('GET', '/v1/studies/SD_0VRS0000')).body).toMatchObject({ name: 'Ours', deleted: false })
    const refused = await as.admin('PATCH', '/v1/studies/SD_M1RR0RED', { name: 'Mine' })
    expect([refused.status, refused.body]).toEqual([409, problem(409, 'conflict')])
    mirrored = [{ kf_id: 'SD_T00L0NG0', name: 'Short', visible: true }]
    expect((await as.admin('POST', '/studies/sync')).body).toMatchObject({ new: 1, deleted: 1 })
    expect((await as.anonymous('GET', '/v1/studies/SD_0VRS0000')).body.deleted).toBe(false)
  })
})

describe('conventions', () => {
  test('who is not known may read, who is no administrator may not write', async () => {
    const { id } = await make({ name: 'rights' })
    expect((await as.anonymous('GET', `/v1/studies/${id}`)).status).toBe(200)
    for (const [method, path] of [
      ['POST', '/v1/studies'],
      ['PATCH', `/v1/studies/${id}`],
    ] as const) {
      const unknown = await as.anonymous(method, path, {})
      expect([unknown.status, unknown.body]).toEqual([401, problem(401, 'unauthenticated')])
      expect(unknown.headers['www-authenticate']).toBe('Bearer')
      const known = await as.ada(method, path, { name: 'x' })
      expect([known.status, known.body]).toEqual([403, problem(403, 'forbidden')])
      expect(known.body.detail).toContain('ADMIN')
    }
    const bad = await as.anonymous('GET', '/v1/studies', undefined, { authorization: 'Bearer no-such-token' })
    expect([bad.status, bad.body]).toEqual([401, problem(401, 'unauthenticated')])
  })

  test.each([
    ['{', 400, 'malformed', undefined],
    ['', 400, 'malformed', undefined],
    ['[]', 400, 'invalid', [{ pointer: '', code: 'invalid_type' }]],
    ['{}', 400, 'invalid', [{ pointer: '/name', code: 'invalid_type' }]],
    ['{"name":" "}', 400, 'invalid', [{ pointer: '/name', code: 'too_small' }]],
    ['{"name":"a\\u0000b"}', 400, 'invalid', [{ pointer: '/name', code: 'custom' }]],
    ['{"name":"a\\ud800b"}', 400, 'invalid', [{ pointer: '/name', code: 'custom' }]],
    [`{"name":"${'x'.repeat(257)}"}`, 400, 'invalid', [{ pointer: '/name', code: 'too_big' }]],
    ['{"name":"x","kf_id":"SD_1"}', 400, 'invalid', [{ pointer: '/kf_id', code: 'invalid_format' }]],
    ['{"name":"x","kf_id":"SD_IIIIIIII"}', 400, 'invalid', [{ pointer: '/kf_id', code: 'invalid_format' }]],
    ['{"name":"x","a/b~":1}', 400, 'invalid', [{ pointer: '/a~1b~0', code: 'unknown_field' }]],
  ])('a body that is not good, %s, is refused with all that is wrong', async (body, status, code, errors) => {
    const answer = await as.admin('POST', '/v1/studies', body)
    expect([answer.status, answer.headers['content-type']]).toEqual([status, 'application/problem+json'])
    expect(answer.body).toMatchObject({ code, ...(errors && { errors }) })
  })

  test.each([
    ['limit=0', 'limit'],
    ['limit=501', 'limit'],
    ['limit=x', 'limit'],
    ['limit=9007199254740993', 'limit'],
    ['sort=origin', 'sort'],
    ['visible=maybe', 'visible'],
    ['fields=id,nothing', 'fields'],
    ['cursor=abc', 'cursor'],
    ['created_after=yesterday', 'created_after'],
    ['q=', 'q'],
    ['nothing=1', 'nothing'],
  ])('a query that is not good, %s, is refused by name', async (query, parameter) => {
    const answer = await as.anonymous('GET', `/v1/studies?${query}`)
    expect([answer.status, answer.body]).toMatchObject([400, { code: 'invalid', errors: [{ parameter }] }])
  })

  test('unknown addresses, methods and types are problems, too', async () => {
    const nowhere = await as.anonymous('GET', '/v1/nothing/at/all')
    expect([nowhere.status, nowhere.body]).toEqual([404, problem(404, 'not_found')])
    const unknown = await as.anonymous('GET', '/v1/studies/SD_00000000')
    expect([unknown.status, unknown.body]).toEqual([404, problem(404, 'not_found')])
    const method = await as.admin('DELETE', '/v1/studies')
    expect([method.status, method.headers.allow]).toEqual([405, 'GET, POST, HEAD, OPTIONS'])
    expect(method.body).toEqual(problem(405, 'method_not_allowed'))
    const type = await as.admin('POST', '/v1/studies', 'name=x', { 'content-type': 'text/plain' })
    expect([type.status, type.body]).toEqual([415, problem(415, 'unsupported_media_type')])
    const accept = await as.anonymous('GET', '/v1/studies', undefined, { accept: 'application/xml' })
    expect([accept.status, accept.body]).toEqual([406, problem(406, 'not_acceptable')])
    const page = await as.anonymous('GET', '/docs/errors')
    expect(page.text).toContain('id="precondition_failed"')
    expect((await as.anonymous('GET', '/v1')).body).toEqual({ links: { studies: `${running.url}/v1/studies` } })
  })

  test('who has the answer already is told so', async () => {
    const { id } = await make({ name: 'tagged' })
    const path = `/v1/studies/${id}`
    const { headers } = await as.anonymous('GET', path)
    const tag = headers.etag as string
    const same = await as.anonymous('GET', path, undefined, { 'if-none-match': `"x", W/${tag}` })
    expect([same.status, same.text, same.headers.etag]).toEqual([304, '', tag])
    const head = await as.anonymous('HEAD', path)
    expect([head.status, head.text, head.headers.etag]).toEqual([200, '', tag])
    const list = await as.anonymous('GET', '/v1/studies?q=tagged')
    expect(
      (await as.anonymous('GET', '/v1/studies?q=tagged', undefined, { 'if-none-match': list.headers.etag as string }))
        .status,
    ).toBe(304)
  })

  test('a change is refused when it was made without having seen the last one', async () => {
    const { id } = await make({ name: 'one' })
    const path = `/v1/studies/${id}`
    const { headers } = await as.anonymous('GET', path)
    const seen = { 'if-match': headers.etag as string, 'content-type': 'application/merge-patch+json' }
    const changed = await as.admin('PATCH', path, { name: 'two' }, seen)
    expect([changed.status, changed.body.name]).toEqual([200, 'two'])
    const late = await as.admin('PATCH', path, { name: 'three' }, seen)
    expect([late.status, late.body]).toEqual([412, problem(412, 'precondition_failed')])
    const fresh = await as.admin('PATCH', path, { name: 'three' }, { 'if-match': changed.headers.etag as string })
    expect([fresh.status, fresh.headers.etag]).toEqual([200, (await as.anonymous('GET', path)).headers.etag])
  })

  test('a repeated write is answered, not done again', async () => {
    const key = { 'idempotency-key': 'only-once' }
    const first = await as.admin('POST', '/v1/studies', { name: 'once only' }, key)
    const again = await as.admin('POST', '/v1/studies', { name: 'once only' }, key)
    expect([again.status, again.body, again.headers.location]).toEqual([201, first.body, first.headers.location])
    const other = await as.admin('POST', '/v1/studies', { name: 'something else' }, key)
    expect([other.status, other.body]).toEqual([422, problem(422, 'key_reused')])
    expect((await as.anonymous('GET', '/v1/studies?q=once%20only')).body.items).toHaveLength(1)
  })

  test('a dry run answers what would be, and leaves nothing', async () => {
    const tried = await as.admin('POST', '/v1/studies?dry_run=true', { name: 'only tried' })
    expect([tried.status, tried.body.name]).toEqual([200, 'only tried'])
    expect((await as.anonymous('GET', '/v1/studies?q=only%20tried')).body.items).toEqual([])
    const { id } = await make({ name: 'before' })
    const change = await as.admin('PATCH', `/v1/studies/${id}?dry_run=true`, { name: 'after' })
    expect([change.status, change.body.name]).toEqual([200, 'after'])
    expect((await as.anonymous('GET', `/v1/studies/${id}`)).body.name).toBe('before')
    expect((await as.admin('POST', '/v1/studies?dry_run=true', { name: '' })).status).toBe(400)
  })
})
