import { logEventOperations, releaseNoteOperations, taskOperations } from '@slipway/contracts'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { request } from './http-client.ts'
import { adminToken, type Platform, startPlatform } from './platform.ts'

let platform: Platform
beforeAll(async () => {
  platform = await startPlatform({ SLIPWAY_BODY_LIMIT: '200000' })
})
afterAll(() => platform?.[Symbol.asyncDispose]())
afterEach(() => platform.services.reset())

const admin = { authorization: `Bearer ${adminToken}` }
const types = {
  json: 'application/json',
  form: 'application/x-www-form-urlencoded',
  multipart: 'multipart/form-data; boundary=XX',
}
const lastCall = () => platform.services.calls.at(-1)

function send(method: string, path: string, body: string | Uint8Array, contentType?: string, headers = admin) {
  const type = contentType === undefined ? {} : { 'content-type': contentType }
  return request(platform.port, path, { method, body, headers: { ...headers, ...type } })
}

const part = (name: string, value: string) =>
  `--XX\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
const release = { name: 'R', description: '', tags: ['a', 'b'], author: 'admin', is_major: false }

describe('bodies', () => {
  test.each([
    ['JSON', types.json, '{"name":"R","studies":["SD_1","SD_2"],"tags":["a","b"]}', ['SD_1', 'SD_2']],
    [
      'JSON with a charset',
      'Application/JSON; charset=utf-8',
      '{"name":"R","studies":["SD_1"],"tags":["a","b"]}',
      ['SD_1'],
    ],
    ['a form', types.form, 'name=R&studies=SD_1&studies=SD_2&tags=a&tags=b', ['SD_1', 'SD_2']],
    ['a form with one of a list', types.form, 'name=R&studies=SD_1&tags=a&tags=b', ['SD_1']],
    [
      'multipart',
      types.multipart,
      `${part('name', 'R')}${part('studies', 'SD_1')}${part('tags', 'a')}${part('tags', 'b')}--XX--\r\n`,
      ['SD_1'],
    ],
    ['JSON labelled as a form', types.form, ' \n{"name":"R","studies":["SD_1"],"tags":["a","b"]}', ['SD_1']],
    ['JSON without a label', undefined, '{"name":"R","studies":["SD_1"],"tags":["a","b"]}', ['SD_1']],
  ])('%s', async (_, type, body, studies) => {
    expect((await send('POST', '/releases', body, type)).status).toBe(201)
    expect(lastCall()?.input).toEqual({ body: { ...release, studies } })
  })

  test('text in forms is decoded as UTF-8, plus signs are blanks, the last of several counts', async () => {
    await send(
      'POST',
      '/release-notes',
      'release=RE_00000000&description=gr%C3%BCn+%26+blau&author=x&author=y',
      types.form,
    )
    expect(lastCall()?.input).toMatchObject({ body: { description: 'grün & blau', author: 'y' } })
  })

  test('an empty form value is "not given" for fields with a default, none for links, a value for blank text', async () => {
    await send('POST', '/events', 'message=m&event_type=&release=', types.form)
    expect(lastCall()?.input).toMatchObject({ body: { event_type: 'info', release: null } })
    await send('PATCH', '/events/EV_1', 'event_type=&release=', types.form)
    expect(lastCall()?.input).toEqual({ kf_id: 'EV_1', body: { release: null } })
    await send('PATCH', '/releases/RE_1', 'description=&author=', types.form)
    expect(lastCall()?.input).toEqual({ kf_id: 'RE_1', body: { description: '' } })
    const required = await send('POST', '/events', 'message=', types.form)
    expect([required.status, required.json]).toEqual([400, { message: ['This field may not be blank.'] }])
  })

  test.each([
    ['', undefined],
    ['', types.json],
    ['', types.form],
    ['', 'application/xml'],
    ['', 'nonsense'],
  ])('an empty body labelled %2$s is an empty object', async (body, type) => {
    expect((await send('PATCH', '/releases/RE_1', body, type)).status).toBe(200)
    expect(lastCall()?.input).toEqual({ kf_id: 'RE_1', body: {} })
  })

  test.each([
    ['[]', 'list'],
    ['"text"', 'str'],
    ['5', 'int'],
  ])('%s is no object', async (body, type) => {
    const answer = await send('POST', '/events', body, types.json)
    const message = `Invalid data. Expected a dictionary, but got ${type}.`
    expect([answer.status, answer.json]).toEqual([400, { non_field_errors: [message] }])
  })

  test.each([
    '{"name": ',
    '{"a":1 "b":2}',
    'APPROVED',
    Buffer.from([0x22, 0xff, 0x22]),
    '['.repeat(600) + ']'.repeat(600),
  ])('malformed JSON %#', async body => {
    const answer = await send('POST', '/events', body, types.json)
    expect([answer.status, answer.json]).toEqual([400, { detail: expect.stringMatching(/^JSON parse error - ./) }])
  })

  test('parts that cannot be told apart', async () => {
    const answer = await send('POST', '/events', 'no parts', types.multipart)
    expect([answer.status, answer.json]).toEqual([
      400,
      { detail: expect.stringMatching(/^Multipart form parse error/) },
    ])
  })

  test.each([
    ['application/xml', '<a/>'],
    ['text/plain; charset=utf-8', 'text'],
    ['nonsense', '{}'],
  ])('%s is not read', async (type, body) => {
    const answer = await send('PATCH', '/releases/RE_1', body, type)
    expect([answer.status, answer.json]).toEqual([415, { detail: `Unsupported media type "${type}" in request.` }])
  })

  test('who may not write is told so before what is wrong with the body', async () => {
    const user = { authorization: 'Bearer token-of-user' }
    for (const [method, path, text] of [
      ['PATCH', '/tasks/TA_1', 'Must be an admin'],
      ['PATCH', '/releases/RE_1', 'Not allowed'],
      ['POST', '/task-services', 'Must be a developer'],
    ] as const) {
      expect(await send(method, path, '{', types.json, user)).toMatchObject({ status: 403, json: { detail: text } })
      expect(await request(platform.port, path, { method, body: '<a/>' })).toMatchObject({ status: 403 })
    }
    // Whether somebody may create a release stands in its body.
    expect(await send('POST', '/releases', '{', types.json, user)).toMatchObject({ status: 400 })
  })

  test.each(['/tasks/status_checks', '/task-services/health_checks', '/releases/status_checks', '/studies/sync'])(
    '%s looks at no body',
    async path => {
      for (const [body, type] of [
        ['{', types.json],
        ['<a/>', 'application/xml'],
        ['x', 'nonsense'],
        ['', types.json],
      ]) {
        expect((await send('POST', path, body as string, type, {} as never)).status).toBe(200)
      }
      expect((await request(platform.port, path, { method: 'POST' })).status).toBe(200)
    },
  )

  test('a body over the limit', async () => {
    const answer = await send('POST', '/events', JSON.stringify({ message: 'x'.repeat(200_001) }), types.json)
    expect([answer.status, answer.json]).toEqual([413, { detail: 'The request body is too large.' }])
    expect(answer.headers.allow).toBe('GET, POST, HEAD, OPTIONS')
  })

  test('a form with too many fields', async () => {
    const many = `studies=SD_1&${'author=x&'.repeat(998)}`
    expect((await send('POST', '/releases', `${many}name=R`, types.form)).status).toBe(201)
    const refused = { status: 413, json: { detail: 'The form has more than 1000 fields.' } }
    expect(await send('POST', '/releases', `${many}name=R&tags=b`, types.form)).toMatchObject(refused)
    expect(await send('POST', '/releases', '&'.repeat(199_999), types.form)).toMatchObject(refused)
  })

  test('a form with too many parts', async () => {
    const parts = (count: number) => `${part('author', 'x').repeat(count)}--XX--\r\n`
    const needed = part('name', 'R') + part('studies', 'SD_1')
    expect((await send('POST', '/releases', needed + parts(998), types.multipart)).status).toBe(201)
    const refused = { status: 413, json: { detail: 'The form has more than 1000 fields.' } }
    expect(await send('POST', '/releases', parts(1_001), types.multipart)).toMatchObject(refused)
    const empty = `${'--XX\r\n\r\n\r\n'.repeat(18_000)}--XX--`
    expect(await send('POST', '/releases', empty, types.multipart)).toMatchObject(refused)
  })

  test.each([
    ['/importers/bulk-import/', { detail: 'The form has more than 1000 fields.' }],
    ['/api/releasePackages/1/license', { status: 413, message: 'The form has more than 1000 fields.' }],
  ])('an upload to %s with 300,000 empty parts', async (path, json) => {
    for (const parts of ['\r\n\r\n', '\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n']) {
      const body = `${`--XX${parts}`.repeat(300_000)}--XX--`
      expect(await send('POST', path, body, types.multipart)).toMatchObject({ status: 413, json })
    }
  })

  test('JSON within a form, or within JSON, of absurd depth is text', async () => {
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`
    for (const [body, type] of [
      [`id=O&name=O&extras=${deep}`, types.form],
      [JSON.stringify({ id: 'O', name: 'O', extras: deep }), types.json],
    ] as const) {
      // Nobody is there who would take it.
      expect((await send('POST', '/orgs/', body, type)).status).toBe(503)
    }
  })

  test.each([
    ['/api/v1/accounts', '['.repeat(90_000) + ']'.repeat(90_000)],
    ['/webhooks', `${'{"a":'.repeat(30_000)}1${'}'.repeat(30_000)}`],
  ])('%s takes no JSON of absurd depth', async (path, body) => {
    const answer = await send('POST', path, body, types.json)
    expect([answer.status, answer.json]).toMatchObject([400, { error: { code: 'malformed' } }])
  })

  test('more parameters than a request line takes', async () => {
    expect((await request(platform.port, `/releases?${'a=1&'.repeat(100_000)}`)).status).toBe(431)
    expect((await request(platform.port, `/releases?${'a=1&'.repeat(3_500)}`)).status).toBe(200)
  })

  test('deleting with and without a body', async () => {
    const answer = await send('DELETE', '/release-notes/RN_1', '{}', types.json)
    expect([answer.status, answer.text, answer.headers['content-type']]).toEqual([204, '', undefined])
    expect((await request(platform.port, '/events/EV_1', { method: 'DELETE', headers: admin })).status).toBe(204)
  })
})

describe('queries', () => {
  test('paging, filters and all parameters reach the service, of repeated ones the last', async () => {
    await request(platform.port, '/tasks?limit=1&offset=5&release=RE_1&release=RE_2&state=&x=1&x=2')
    expect(lastCall()?.input).toEqual({
      limit: 1,
      offset: 5,
      release: 'RE_2',
      state: '',
      parameters: { limit: ['1'], offset: ['5'], release: ['RE_1', 'RE_2'], state: [''], x: ['1', '2'] },
    })
  })

  test('defaults apply for nonsense', async () => {
    await request(platform.port, '/releases?limit=nonsense&offset=-1')
    expect(lastCall()?.input).toMatchObject({ limit: 10, offset: 0 })
  })

  test('null characters are refused where they would be looked for', async () => {
    const answer = await request(platform.port, '/tasks?release=%00')
    expect([answer.status, answer.json]).toEqual([400, { release: ['Null characters are not allowed.'] }])
    expect(lastCall()).toBeUndefined()
  })

  test('two ids in a path', async () => {
    await request(platform.port, '/studies/SD_1/releases/RE_1')
    expect(lastCall()).toMatchObject({
      operation: 'coordinator.study.release',
      input: { kf_id: 'SD_1', release: 'RE_1' },
    })
    await request(platform.port, '/task-services/TS_1/health-checks?limit=3')
    expect(lastCall()).toMatchObject({ operation: 'registry.task-service.history', input: { kf_id: 'TS_1', limit: 3 } })
  })
})

describe('commands', () => {
  const post = (headers: Record<string, string>, path = '/events') =>
    request(platform.port, path, {
      method: 'POST',
      body: '{"message":"m"}',
      headers: { 'content-type': types.json, ...headers },
    })

  test('every write has an id of its own', async () => {
    await post({})
    await post({})
    const ids = platform.services.calls.map(call => call.commandId)
    expect(ids.every(id => id !== undefined && id.length > 20)).toBe(true)
    expect(new Set(ids).size).toBe(2)
  })

  test('a key names it, for one caller and one path', async () => {
    const key = { 'idempotency-key': 'same' }
    const user = { authorization: 'Bearer token-of-user' }
    for (const [headers, path] of [
      [{ ...admin, ...key }, '/events'],
      [{ ...admin, ...key }, '/events'],
      [{ ...user, ...key }, '/events'],
      [key, '/events'],
      [{ ...admin, ...key }, '/releases/RE_1/publish'],
      [{ ...admin, ...key }, '/releases/RE_2/publish'],
    ] as const) {
      expect((await post(headers, path)).status).toBeLessThan(300)
    }
    const ids = platform.services.calls.map(call => call.commandId)
    expect(ids[0]).toBe(ids[1])
    expect(new Set(ids).size).toBe(5)
    expect(ids.join()).not.toContain('same')
  })

  test('reads have none', async () => {
    await request(platform.port, '/events', { headers: { 'idempotency-key': 'x' } })
    expect(lastCall()).toMatchObject({ operation: 'coordinator.event.list' })
    expect(lastCall()?.commandId).toBeUndefined()
  })
})

describe('what passes through', () => {
  test('bytes, status and headers of the service', async () => {
    platform.services.script(taskOperations.get, () => ({
      status: 203,
      headers: { etag: '"1"', 'content-type': 'application/json; profile=x' },
      body: { raw: '{ "not":  "reformatted" }' },
    }))
    const answer = await request(platform.port, '/tasks/TA_1')
    expect([answer.status, answer.text]).toEqual([203, '{ "not":  "reformatted" }'])
    expect(answer.headers).toMatchObject({ etag: '"1"', 'content-type': 'application/json; profile=x', vary: 'Accept' })
    expect(answer.headers['x-content-type-options']).toBe('nosniff')
  })

  test("the client's trace", async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    await request(platform.port, '/tasks/TA_1', { headers: { traceparent } })
    expect(lastCall()?.traceparent).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-(?!b7ad6b7169203331)[\da-f]{16}-01$/)
  })

  test('field errors of the service', async () => {
    const answer = await send('POST', '/releases', '{"tags":["", "ok"],"studies":[]}', types.json)
    expect([answer.status, answer.json]).toEqual([
      400,
      {
        name: ['This field is required.'],
        studies: ['Must have at least one study'],
        tags: { 0: ['This field may not be blank.'] },
      },
    ])
  })

  test('an answer to a form of the wrong kind', async () => {
    const file = `--XX\r\nContent-Disposition: form-data; name="message"; filename="a.txt"\r\n\r\nx\r\n--XX--\r\n`
    const answer = await send('POST', '/events', file, types.multipart)
    expect([answer.status, answer.json]).toEqual([400, { message: ['Not a valid string.'] }])
    expect(logEventOperations.create.subject).toBe('slipway.v1.coordinator.event.create')
    expect(releaseNoteOperations.list.subject).toBe('slipway.v1.coordinator.release-note.list')
  })
})
