import { basicCredentials } from '@slipway/testing'
import { describe, expect, it } from 'vitest'
import { odmClient } from './support/odm-client.ts'
import { adminToken, platform } from './support/platform.ts'
import { endOf, expectTaskInfo } from './support/task-info.ts'

const running = platform()
const publishing = 'tasks/publish-versions'
const unauthenticated = {
  error: {
    message:
      'User is not authenticated. Supply an access token in Authorization or an API token in Genestack-API-Token.',
  },
}
const notFound = { error: { message: 'No object exists with the given ID.' } }

describe('POST /api/v1/tasks/publish-versions', () => {
  it.each([
    ['nothing', {}, undefined],
    ['empty JSON', { 'content-type': 'application/json' }, ''],
    ['an empty form', { 'content-type': 'application/x-www-form-urlencoded' }, ''],
    ['a form that says something', { 'content-type': 'application/x-www-form-urlencoded' }, 'versionMessage=form'],
    ['broken JSON', { 'content-type': 'application/json' }, '{"versionMessage":'],
    ['a type that is none', { 'content-type': 'what;ever' }, 'x'],
    ['more than any other API takes', { 'content-type': 'text/plain' }, 'x'.repeat(1_500_000)],
  ])('takes %s and answers 200 with the task', async (_what, headers, body) => {
    const { status, body: task, headers: answered } = await running.as.curator.send('POST', publishing, headers, body)
    expect(status).toBe(200)
    expectTaskInfo(task)
    expect(task).toMatchObject({
      id: expect.stringMatching(/^PV_/),
      name: 'Publish versions of all studies',
      application: 'slipway/publisher',
      createdBy: 'curator',
    })
    expect(answered['content-type']).toMatch(/^application\/json/)
    expect(answered['content-location']).toBe(`/api/v1/tasks/${task.id}`)
    expect(answered['operation-location']).toBe(`${running.url}/api/v1/tasks/${task.id}`)
    expect(answered['retry-after']).toBe('1')
    expect(answered['cache-control']).toBe('no-store')
    const read = await running.as.user.get(`tasks/${task.id}`)
    expect(read.status).toBe(200)
  })

  it.each([
    ['nobody', 401],
    ['user', 403],
    ['plain', 403],
    ['all', 403],
    ['curator', 200],
    ['admin', 200],
  ] as const)('by %s is answered with %i', async (who, status) => {
    const answer = await running.as[who].post(`${publishing}?versionMessage=${'x'.repeat(2000)}`)
    // What is wrong with the message is told to those only who may publish.
    expect(answer.status).toBe(status === 200 ? 400 : status)
    expect((await running.as[who].post(publishing)).status).toBe(status)
    if (status === 403) {
      const message = 'Forbidden. Only curators with ACCESS_ALL_DATA may publish all studies.'
      expect(answer.body).toEqual({ error: { message } })
    }
  })

  it('has a way of its own with the slash at its end, and none with other methods', async () => {
    expect((await running.as.curator.post(`${publishing}/`)).status).toBe(200)
    for (const method of ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      const { status, headers, text } = await running.as.curator.send(method, publishing)
      expect([method, status, headers.allow]).toEqual([method, 405, 'POST'])
      if (method !== 'HEAD') expect(JSON.parse(text)).toEqual({ error: { message: 'Method not allowed.' } })
    }
    expect((await running.as.nobody.get(publishing)).status).toBe(401)
  })

  it.each([
    ['a'.repeat(1001), 'versionMessage must not be longer than 1000 characters.'],
    ['%00', 'versionMessage must not contain control characters.'],
    ['a%07b', 'versionMessage must not contain control characters.'],
  ])('refuses the message %s', async (message, said) => {
    const { status, body } = await running.as.curator.post(`${publishing}?versionMessage=${message}`)
    expect([status, body]).toEqual([400, { error: { message: said } }])
  })

  it.each(['%20', '', 'tab%09and%0Aline', '%F0%9F%9A%A2'.repeat(1000)])('takes the message %s', async message => {
    expect((await running.as.curator.post(`${publishing}?versionMessage=${message}`)).status).toBe(200)
  })

  it('begins one run for one key, one caller and one message', async () => {
    const key = { 'idempotency-key': 'one run' }
    const first = await running.as.curator.post(`${publishing}?versionMessage=one`, key)
    const again = await running.as.curator.post(`${publishing}?versionMessage=one`, key)
    expect(again.status).toBe(200)
    expect(again.body.id).toBe(first.body.id)
    expect(again.headers['content-location']).toBe(first.headers['content-location'])
    const other = await running.as.curator.post(`${publishing}?versionMessage=two`, key)
    expect(other.status).toBe(422)
    expect((await running.as.admin.post(`${publishing}?versionMessage=one`, key)).body.id).not.toBe(first.body.id)
    const without = await running.as.curator.post(publishing)
    expect(without.body.id).not.toBe((await running.as.curator.post(publishing)).body.id)
  })
})

describe('GET /api/v1/tasks/{id}', () => {
  it('reads a task of anybody until it has ended, then always the same', async () => {
    const { body } = await running.as.curator.post(publishing)
    const ended = await endOf(running.as.user, body.id)
    expect(ended.status).toBe('DONE')
    const first = await running.as.user.get(`tasks/${body.id}`)
    expect(first.headers['retry-after']).toBeUndefined()
    expect((await running.as.all.get(`tasks/${body.id}/`)).text).toBe(first.text)
    const head = await running.as.user.send('HEAD', `tasks/${body.id}`)
    expect([head.status, head.text, head.headers.etag]).toEqual([200, '', first.headers.etag])
    const same = await running.as.user.get(`tasks/${body.id}`, { 'if-none-match': String(first.headers.etag) })
    expect([same.status, same.text]).toEqual([304, ''])
    const odd = await running.as.user.get(`tasks/${body.id}?what=ever`, { accept: 'text/html' })
    expect(odd.headers['content-type']).toMatch(/^application\/json/)
    expect(await running.as.user.get(`tasks/${body.id.toLowerCase()}`)).toMatchObject({ status: 404, body: notFound })
  })

  it.each([
    'PV_00000000',
    'x',
    'EX_00000000',
    '%00',
    '..%2F..%2Fetc',
    `${'a'.repeat(3000)}`,
    '%F0%9F%9A%A2',
    "'",
    'null',
  ])('answers 404 for %s, and 401 to who is not known', async id => {
    expect(await running.as.user.get(`tasks/${id}`)).toMatchObject({ status: 404, body: notFound })
    const { status, body, headers } = await running.as.nobody.get(`tasks/${id}`)
    expect([status, body]).toEqual([401, unauthenticated])
    expect(headers['www-authenticate']).toBe('Bearer realm="odm"')
  })

  it('knows no other methods', async () => {
    const { body } = await running.as.curator.post(publishing)
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      const { status, headers } = await running.as.curator.send(method, `tasks/${body.id}`)
      expect([method, status, headers.allow]).toEqual([method, 405, 'GET, HEAD'])
    }
  })

  it('waits for the end of a task when it is asked to', async () => {
    const { body } = await running.as.curator.post(publishing)
    const { body: task, headers } = await running.as.user.get(`tasks/${body.id}`, { prefer: 'wait=20' })
    expect(task.status).toBe('DONE')
    expect(headers['preference-applied']).toBe('wait=20')
  })
})

describe('credentials', () => {
  const good = 'token-of-user'
  const basic = basicCredentials('plain', 'password of plain')
  it.each([
    [{ authorization: `bearer ${good}` }, 404],
    [{ authorization: `Bearer ${good}` }, 404],
    [{ authorization: `BEARER   ${good}` }, 404],
    [{ authorization: good }, 404],
    [{ 'Genestack-API-Token': good }, 404],
    [{ 'GENESTACK-API-TOKEN': `Bearer ${good}` }, 404],
    [{ authorization: good, 'genestack-api-token': good }, 404],
    [{ authorization: good, 'genestack-api-token': 'bad' }, 404],
    [{ authorization: '', 'genestack-api-token': good }, 404],
    [{ authorization: 'bad', 'genestack-api-token': good }, 401],
    [{ authorization: `Token ${good}` }, 401],
    [{ authorization: basic }, 401],
    [{ authorization: basic, 'genestack-api-token': good }, 401],
    [{ authorization: 'Bearer' }, 401],
    [{ authorization: `Bearer ${good} ${good}` }, 401],
    [{ 'genestack-api-token': `${good} x` }, 401],
    [{ 'genestack-api-token': 'token-of-former' }, 401],
    [{ cookie: `Genestack-API-Token=${good}` }, 401],
    [{}, 401],
  ])('%j are answered with %i', async (headers, status) => {
    expect((await odmClient(running.url, headers as never).get('tasks/PV_00000000')).status).toBe(status)
  })

  it('are none in the query', async () => {
    expect((await running.as.nobody.get(`tasks/x?access_token=${good}&Genestack-API-Token=${good}`)).status).toBe(401)
  })

  it('are API tokens that are made, narrowed, renamed and revoked', async () => {
    const { admin } = running.as
    const tokens = 'users/me/tokens'
    const made = await admin.postJson(tokens, { name: 'publisher', scopes: ['curator', 'ACCESS_ALL_DATA'] })
    expect(made.status).toBe(201)
    const narrow = odmClient(running.url, { authorization: made.body.token })
    expect((await narrow.post(publishing)).status).toBe(200)
    expect((await narrow.get(tokens, { authorization: `Bearer ${made.body.token}` })).status).toBe(403)
    const reader = await admin.postJson(tokens, { name: 'reader', scopes: [] })
    const reading = odmClient(running.url, { 'genestack-api-token': reader.body.token })
    expect((await reading.post(publishing)).status).toBe(403)
    expect((await reading.get('tasks')).status).toBe(200)
    const renamed = await admin.patch(`${tokens}/${reader.body.id}`, { name: 'renamed' })
    expect(renamed).toMatchObject({ status: 200, body: { name: 'renamed', scopes: [] } })
    expect((await admin.delete(`${tokens}/${reader.body.id}`)).status).toBe(204)
    expect((await reading.get('tasks')).status).toBe(401)
    expect((await running.as.user.postJson(tokens, { name: 'too much', scopes: ['ADMIN'] })).status).toBe(400)
    const past = await admin.postJson(tokens, { name: 'late', expiresAt: '2020-01-01T00:00:00Z' })
    expect(past.status).toBe(400)
  })
})

describe('the list of tasks', () => {
  it('is paged, filtered, and the newest comes first', async () => {
    const { body: first } = await running.as.curator.post(publishing)
    const { body: second } = await running.as.admin.post(publishing)
    await endOf(running.as.user, second.id)
    const { status, body } = await running.as.curator.get('tasks?pageLimit=2')
    expect(status).toBe(200)
    expect(body.data.map((task: { id: string }) => task.id)).toEqual([second.id, first.id])
    for (const task of body.data) expectTaskInfo(task)
    const { pagination } = body.meta
    expect(pagination).toEqual({ count: 2, total: expect.any(Number), offset: 0, limit: 2 })
    const next = await running.as.curator.get('tasks?pageLimit=1&pageOffset=1')
    expect(next.body.data[0].id).toBe(first.id)
    const mine = await running.as.curator.get('tasks/?createdBy=admin&status=DONE&application=slipway%2Fpublisher')
    expect(mine.body.data.length).toBe(mine.body.meta.pagination.total)
    expect(new Set(mine.body.data.map((task: { createdBy: string }) => task.createdBy))).toEqual(new Set(['admin']))
    expect((await running.as.curator.get('tasks?createdBy=nobody')).body.meta.pagination.total).toBe(0)
    for (const bad of ['pageLimit=0', 'pageLimit=2001', 'pageLimit=x', 'pageOffset=-1']) {
      expect((await running.as.curator.get(`tasks?${bad}`)).status, bad).toBe(400)
    }
    expect((await running.as.nobody.get('tasks')).status).toBe(401)
  })

  it('shows others what they started and what is public, and no more by any filter', async () => {
    const { body: own } = await running.as.curator.post(publishing)
    await endOf(running.as.curator, own.id)
    for (const query of ['', '&createdBy=admin', '&application=slipway%2Fpublisher', '&status=DONE']) {
      const { body } = await running.as.user.get(`tasks?pageLimit=2000${query}`)
      const foreign = body.data.filter(({ id }: { id: string }) => !/^(?:RE|TA)_/.test(id))
      expect([query, foreign, body.meta.pagination.total]).toEqual([query, [], body.data.length])
    }
    // Whoever knows its id may ask how a task is.
    expect((await running.as.user.get(`tasks/${own.id}`)).status).toBe(200)
  })
})

describe('output and stop', () => {
  it('are for who started a task, and for holders of ACCESS_ALL_DATA', async () => {
    const { body } = await running.as.curator.post(publishing)
    await endOf(running.as.user, body.id)
    for (const who of ['curator', 'all', 'admin'] as const) {
      const { status, body: output } = await running.as[who].get(`tasks/${body.id}/output`)
      expect(status).toBe(200)
      expect(output).toMatchObject({ status: 'DONE', errors: [], attempt: 1, createdAt: expect.any(Number) })
      expect(output.result).toMatchObject({ published: 0, versions: [] })
      expect(output.conditions.map((condition: { type: string }) => condition.type)).toEqual([
        'Accepted',
        'LockHeld',
        'Published',
      ])
      expect(output.conditions.at(-1).status).toBe('True')
    }
    for (const path of ['output', 'stop'] as const) {
      const send = (who: 'user' | 'nobody') =>
        path === 'stop' ? running.as[who].put(`tasks/${body.id}/stop`) : running.as[who].get(`tasks/${body.id}/output`)
      expect((await send('user')).status).toBe(403)
      expect((await send('nobody')).status).toBe(401)
    }
    const before = await running.as.curator.get(`tasks/${body.id}`)
    const stopped = await running.as.curator.put(`tasks/${body.id}/stop`)
    expect([stopped.status, stopped.text]).toEqual([200, before.text])
    expect((await running.as.curator.put('tasks/PV_00000000/stop')).status).toBe(404)
  })
})

it('the description of the API is served, with both schemes', async () => {
  const { status, body } = await odmClient(running.url, { authorization: adminToken }).get(
    '/openapi/platform-tasks.json',
  )
  expect(status).toBe(200)
  expect(Object.keys(body.paths)).toContain('/api/v1/tasks/publish-versions')
  expect(Object.keys(body.components.securitySchemes)).toEqual(['Access-token', 'Genestack-API-Token'])
  expect(body.components.schemas.TaskInfo.properties.status.enum).toHaveLength(9)
})
