import { beforeAll, describe, expect, test } from 'vitest'
import { api } from './support/api.ts'
import { given } from './support/given.ts'
import { form, json, type Message, multipart, raw, statusAndBody } from './support/http-client.ts'
import { type Release, studies, type TaskService } from './support/resources.ts'
import { type Participant, participant, reaches } from './support/saga.ts'

const { anonymous, admin } = api
let release: Release
let service: Participant
beforeAll(async () => {
  service = await participant(api)
  release = await given(api).release()
  release = await reaches(api, release.kf_id, 'staged')
  return () => service[Symbol.asyncDispose]()
})

const fields = {
  name: 'from a form',
  studies: [studies.dipg, studies.cats],
  tags: ['one', 'two, three'],
  description: 'é & = 😀',
  is_major: 'true',
}

describe('a body is read the same way', () => {
  test.each<[string, Message]>([
    ['as JSON', json({ ...fields, is_major: true })],
    ['as JSON with a charset', raw(JSON.stringify(fields), 'application/json; charset=utf-8')],
    ['as a form', form(fields)],
    [
      'as a form with a charset',
      { ...form(fields), headers: { 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8' } },
    ],
    ['as a multipart form', multipart(fields)],
    [
      'as JSON labelled as a form, which is what curl does',
      raw(JSON.stringify(fields), 'application/x-www-form-urlencoded'),
    ],
    [
      'as JSON labelled as a form, after blanks',
      raw(` \n\t${JSON.stringify(fields)}`, 'application/x-www-form-urlencoded'),
    ],
  ])('%s', async (_what, message) => {
    const { status, body, text } = await admin.send<Release>('POST', '/releases', message)
    expect(status, text).toBe(201)
    expect(body).toMatchObject({ ...fields, is_major: true, studies: expect.arrayContaining(fields.studies) })
    expect(body.studies).toHaveLength(2)
  })

  test.each<[string, (fields: Record<string, string>) => Message]>([
    ['JSON', json],
    ['a form', form],
    ['a multipart form', multipart],
  ])('in a change by %s', async (_what, encode) => {
    const answer = await admin.send(
      'PATCH',
      `/releases/${release.kf_id}`,
      encode({ description: 'changed', tags: 'x' }),
    )
    if (_what === 'JSON') {
      expect(statusAndBody(answer)).toEqual([400, { tags: ['Expected a list of items but got type "str".'] }])
    } else expect(answer).toMatchObject({ status: 200, body: { description: 'changed', tags: ['x'] } })
  })
})

describe('a body arrives', () => {
  const event = json({ message: 'in pieces' })

  test('in chunks without a length', async () => {
    const headers = { ...event.headers, 'transfer-encoding': 'chunked' }
    const answer = await admin.send('POST', '/events', { ...event, headers, isChunked: true })
    expect(answer).toMatchObject({ status: 201, body: { message: 'in pieces' } })
  })

  test('after the client has asked whether it may send it', async () => {
    const headers = { ...event.headers, expect: '100-continue' }
    expect(await admin.send('POST', '/events', { ...event, headers })).toMatchObject({ status: 201 })
  })
})

describe('what is wrong with a body is told the same way', () => {
  test.each<[string, Message]>([
    ['JSON', json({ name: '', studies: [] })],
    ['a form', form({ name: '', studies: [] })],
    ['a multipart form', multipart({ name: ' ', tags: ['', 'x'.repeat(51)] })],
  ])('in %s', async (_what, message) => {
    const { status, body } = await admin.send('POST', '/releases', message)
    expect(status).toBe(400)
    expect(body).toMatchObject({ name: ['This field may not be blank.'] })
  })
})

describe('a field that a form leaves out', () => {
  test.each<[string, typeof form]>([
    ['form', form],
    ['multipart form', multipart],
  ])('has its default, in a %s, too', async (_what, encode) => {
    const message = encode({ name: 'by form', description: 'd', author: 'a', url: service.url })
    const { status, body } = await admin.send<TaskService>('POST', '/task-services', message)
    expect([status, body.enabled]).toEqual([201, true])
    await admin.delete(`/task-services/${body.kf_id}`)
    const made = await admin.send<Release>('POST', '/releases', encode({ name: 'x', studies: studies.dipg }))
    expect(made).toMatchObject({
      status: 201,
      body: { is_major: false, author: 'admin', description: '', tags: [], studies: [studies.dipg] },
    })
  })
})

describe('other media types are refused', () => {
  test.each(['application/xml', 'text/plain', 'application/octet-stream', 'text/html; charset=utf-8', 'image/png'])(
    '%s',
    async type => {
      const answer = await admin.send('PATCH', `/releases/${release.kf_id}`, raw('{"name":"x"}', type))
      expect(statusAndBody(answer)).toEqual([415, { detail: `Unsupported media type "${type}" in request.` }])
    },
  )
})

describe('an empty body is an empty object', () => {
  const types = ['application/json', 'application/x-www-form-urlencoded', 'application/xml', 'text/plain', undefined]

  test.each(types)('labelled %s', async type => {
    const required = ['This field is required.']
    const posted = await admin.send('POST', '/releases', raw('', type))
    expect(statusAndBody(posted)).toEqual([400, { name: required, studies: required }])
    const patched = await admin.send<Release>('PATCH', `/releases/${release.kf_id}`, raw('', type))
    expect(patched.status).toBe(200)
    expect(patched.body.kf_id).toBe(release.kf_id)
  })
})

describe('actions need no body and take any', () => {
  const actions = [
    ['/tasks/status_checks', { status: 'ok', message: expect.stringMatching(/^\d+ task to check$/) }],
    ['/task-services/health_checks', { status: 'ok' }],
    ['/releases/status_checks', { status: 'ok', message: expect.stringMatching(/^\d+ releases to check$/) }],
    ['/studies/sync', { status: 'ok', new: 0, deleted: 0, message: 'Synchronized with dataservice' }],
  ] as const
  const messages: [string, Message][] = [
    ['nothing at all', {}],
    ['an empty body of a type', raw('', 'application/json')],
    ['an empty form', raw('', 'application/x-www-form-urlencoded')],
    ['an empty object', json({})],
    ['XML', raw('<check/>', 'application/xml')],
    ['broken JSON', raw('{', 'application/json')],
    ['bytes without a type', raw(new Uint8Array([0, 1, 2, 255]))],
  ]

  test.each(actions)('%s', async (path, body) => {
    for (const [what, message] of messages) {
      expect(statusAndBody(await anonymous.send('POST', path, message)), what).toEqual([200, body])
    }
  })

  test.each(messages)('publish with %s', async (_what, message) => {
    const { kf_id } = await given(api).release()
    await reaches(api, kf_id, 'staged')
    const answer = await admin.send('POST', `/releases/${kf_id}/publish`, message)
    expect(statusAndBody(answer)).toEqual([200, { message: 'publishing' }])
    await reaches(api, kf_id, 'published')
  })
})

test('unknown and read-only fields are ignored', async () => {
  const foreign = {
    kf_id: 'RE_AAAAAAAA',
    state: 'published',
    version: '99.0.0',
    created_at: '1999-01-01T00:00:00Z',
    tasks: [{ kf_id: 'TA_AAAAAAAA' }],
    notes: 'x',
    uuid: 'x',
    no_such_field: { deep: [1] },
    __proto__: { author: 'mallory' },
  }
  const { kf_id: _id, description: _description, tags: _tags, ...before } = release
  const patched = await admin.patch<Release>(`/releases/${release.kf_id}`, foreign)
  expect(patched.status).toBe(200)
  expect(patched.body).toMatchObject(before)
  const made = await given(api).release(foreign)
  expect(made).toMatchObject({ state: 'waiting', tasks: [], notes: [], author: 'admin' })
  expect(made.kf_id).not.toBe(foreign.kf_id)
  expect(made.version).not.toBe(foreign.version)
})
