import { beforeAll, describe, expect, test } from 'vitest'
import { api } from './support/api.ts'
import { given } from './support/given.ts'
import { raw, statusAndBody } from './support/http-client.ts'
import { type Kind, lists, studies, unknownId } from './support/resources.ts'
import { reaches } from './support/saga.ts'

const { anonymous, admin, dev, user } = api
const notFound = [404, { detail: 'Not found.' }]
const anonymousRefused = [403, { detail: 'Authentication credentials were not provided.' }]
const refused = (detail: string) => [403, { detail }]
const notAllowed = (method: string) => [405, { detail: `Method "${method}" not allowed.` }]
let release: string
beforeAll(async () => {
  release = (await given(api).release()).kf_id
  await reaches(api, release, 'staged')
})

describe('400', () => {
  const required = ['This field is required.']

  test.each<[Kind, object]>([
    ['tasks', { release: required, task_service: required }],
    ['task-services', { name: required, description: required, author: required, url: required }],
    ['releases', { name: required, studies: required }],
    ['release-notes', { description: required, release: required }],
    ['events', { message: required }],
  ])('/%s tells everything that is missing at once', async (list, body) => {
    expect(statusAndBody(await admin.post(`/${list}`, {}))).toEqual([400, body])
  })

  test('faults of many kinds are told at once, in lists of texts', async () => {
    const body = { name: '', studies: [], description: null, author: 'x'.repeat(101), is_major: 'so so' }
    expect(statusAndBody(await admin.post('/releases', body))).toEqual([
      400,
      {
        name: ['This field may not be blank.'],
        studies: ['Must have at least one study'],
        description: ['This field may not be null.'],
        author: ['Ensure this field has no more than 100 characters.'],
        is_major: ['Must be a valid boolean.'],
      },
    ])
  })

  test('faults of items of a list are told by their number', async () => {
    const tags = ['', 'good', 'x'.repeat(51)]
    expect(statusAndBody(await admin.post('/releases', { name: 'x', studies: [studies.dipg], tags }))).toEqual([
      400,
      { tags: { 0: ['This field may not be blank.'], 2: ['Ensure this field has no more than 50 characters.'] } },
    ])
  })

  test.each<[unknown, string]>([
    [[], 'list'],
    [[{ message: 'x' }], 'list'],
    ['text', 'str'],
    [5, 'int'],
  ])('a body that is %j is no object', async (body, type) => {
    const text = `Invalid data. Expected a dictionary, but got ${type}.`
    expect(statusAndBody(await admin.post('/events', body))).toEqual([400, { non_field_errors: [text] }])
    expect(statusAndBody(await admin.patch(`/releases/${release}`, body))).toEqual([400, { non_field_errors: [text] }])
  })

  test.each(['{"name": "x",}', '{"a" 1}', '{', 'nonsense', '{"a": 1}}', "{'a': 1}"])(
    'malformed JSON: %s',
    async body => {
      const answer = await admin.send('POST', '/releases', raw(body, 'application/json'))
      expect(statusAndBody(answer)).toEqual([400, { detail: expect.stringMatching(/^JSON parse error - /) }])
    },
  )
})

describe('403', () => {
  test('without credentials', async () => {
    expect(statusAndBody(await anonymous.post('/releases', { studies: [studies.cats] }))).toEqual(anonymousRefused)
    expect(statusAndBody(await anonymous.patch('/tasks/TA_00000000', {}))).toEqual(anonymousRefused)
    expect(statusAndBody(await anonymous.post('/task-services', {}))).toEqual(anonymousRefused)
    expect(statusAndBody(await anonymous.delete(`/releases/${release}`))).toEqual(anonymousRefused)
  })

  test('without the right', async () => {
    expect(statusAndBody(await user.post('/tasks', {}))).toEqual(refused('Must be an admin'))
    expect(statusAndBody(await dev.post('/release-notes', {}))).toEqual(refused('Must be an admin'))
    expect(statusAndBody(await user.post('/task-services', {}))).toEqual(refused('Must be a developer'))
    expect(statusAndBody(await dev.post('/releases', { studies: [studies.cats] }))).toEqual(refused('Not allowed'))
  })

  // The original has one permission with one text for everything below /releases.
  test('without the right to change releases', async () => {
    expect(statusAndBody(await user.patch(`/releases/${release}`, { name: 'x' }))).toEqual(refused('Not allowed'))
    expect(statusAndBody(await dev.put(`/releases/${release}`, {}))).toEqual(refused('Not allowed'))
    expect(statusAndBody(await dev.delete('/releases/RE_00000000'))).toEqual(refused('Not allowed'))
    expect(statusAndBody(await user.send('PUT', '/releases'))).toEqual(refused('Not allowed'))
  })

  test('comes before what is wrong with the body', async () => {
    const broken = raw('{', 'application/json')
    expect(statusAndBody(await anonymous.send('POST', '/tasks', broken))).toEqual(anonymousRefused)
    expect(statusAndBody(await dev.send('POST', '/tasks', broken))).toEqual(refused('Must be an admin'))
    const xml = raw('<a/>', 'application/xml')
    expect(statusAndBody(await user.send('POST', '/task-services', xml))).toEqual(refused('Must be a developer'))
  })

  test('comes before whether there is such a thing', async () => {
    expect(statusAndBody(await anonymous.delete('/release-notes/RN_00000000'))).toEqual(anonymousRefused)
    expect(statusAndBody(await user.delete('/task-services/TS_00000000'))).toEqual(refused('Must be a developer'))
    expect((await dev.delete('/releases/RE_00000000')).status).toBe(403)
  })
})

describe('404', () => {
  test.each(lists)('an item of /%s that is not there', async list => {
    expect(statusAndBody(await anonymous.get(`/${list}/${unknownId[list]}`))).toEqual(notFound)
    expect((await anonymous.send('HEAD', `/${list}/${unknownId[list]}`)).status).toBe(404)
  })

  test.each(['x', 'RE_', 'RE_00000000x', 'TA_00000000', '%20', '-1', 'RE_0000000%00', '..%2f', 'x'.repeat(3000)])(
    'an id that can not be: %s',
    async id => {
      expect(statusAndBody(await anonymous.get(`/releases/${id}`))).toEqual(notFound)
    },
  )

  test('writes to what is not there', async () => {
    for (const list of ['tasks', 'task-services', 'releases', 'release-notes', 'events'] as const) {
      expect(statusAndBody(await admin.patch(`/${list}/${unknownId[list]}`, {})), list).toEqual(notFound)
    }
    for (const list of ['task-services', 'release-notes', 'events'] as const) {
      expect(statusAndBody(await admin.delete(`/${list}/${unknownId[list]}`)), list).toEqual(notFound)
    }
    expect(statusAndBody(await admin.post('/releases/RE_00000000/publish'))).toEqual(notFound)
  })

  test('canceling what is not there has an empty body', async () => {
    expect(statusAndBody(await admin.delete('/releases/RE_00000000'))).toEqual([404, {}])
  })
})

describe('405', () => {
  test.each(['/tasks', '/releases', '/release-notes', '/task-services'])('%s as a whole', async path => {
    for (const method of ['PUT', 'PATCH', 'DELETE', 'TRACE']) {
      expect(statusAndBody(await admin.send(method, path)), method).toEqual(notAllowed(method))
    }
    expect(statusAndBody(await anonymous.delete(path))).toEqual(anonymousRefused)
  })

  test.each(['PROPFIND', 'LINK', 'SEARCH', 'PURGE'])('%s, which no path knows', async method => {
    expect(statusAndBody(await admin.send(method, '/tasks'))).toEqual(notAllowed(method))
    expect(statusAndBody(await admin.send(method, `/releases/${release}`))).toEqual(notAllowed(method))
  })

  test('is decided after who may, and before whether there is such a thing', async () => {
    expect(statusAndBody(await anonymous.delete('/tasks/x'))).toEqual(anonymousRefused)
    expect(statusAndBody(await user.delete('/tasks/x'))).toEqual(refused('Must be an admin'))
    expect(statusAndBody(await admin.delete('/tasks/x'))).toEqual(notAllowed('DELETE'))
    expect(statusAndBody(await admin.post('/releases/x', {}))).toEqual(notAllowed('POST'))
    expect(statusAndBody(await dev.post('/task-services/x', {}))).toEqual(notAllowed('POST'))
    expect(statusAndBody(await user.post('/task-services/x', {}))).toEqual(refused('Must be a developer'))
    expect(statusAndBody(await admin.post('/release-notes/x', {}))).toEqual(notAllowed('POST'))
    expect(statusAndBody(await admin.post('/events/x', {}))).toEqual(notAllowed('POST'))
  })

  test.each(['POST', 'PUT', 'PATCH', 'DELETE'])('%s of studies, for everyone', async method => {
    for (const client of [anonymous, user, dev, admin]) {
      expect(statusAndBody(await client.send(method, '/studies'))).toEqual(notAllowed(method))
      expect(statusAndBody(await client.send(method, '/studies/x'))).toEqual(notAllowed(method))
      expect(statusAndBody(await client.send(method, `/studies/${studies.dipg}/releases`))).toEqual(notAllowed(method))
    }
  })

  test.each(['PUT', 'PATCH', 'DELETE'])('%s of actions', async method => {
    for (const path of ['/tasks/status_checks', '/releases/status_checks', `/releases/${release}/publish`]) {
      expect(statusAndBody(await admin.send(method, path)), path).toEqual(notAllowed(method))
    }
  })
})
