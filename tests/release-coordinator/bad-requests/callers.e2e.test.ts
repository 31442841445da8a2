import { describe, expect, test } from 'vitest'
import { api, issuerKey } from '../support/api.ts'
import { type BadRequest, refusesAll } from '../support/bad-request.ts'
import { callers } from '../support/callers.ts'
import { given } from '../support/given.ts'
import { json } from '../support/http-client.ts'
import { inAnHour, signedToken } from '../support/issuer.ts'
import { type Page, studies } from '../support/resources.ts'
import { reaches } from '../support/saga.ts'

describe('credentials that are bad', () => {
  const anonymous = { detail: 'Authentication credentials were not provided.' }
  const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`
  const body = JSON.stringify({ name: 'x', studies: [studies.cats] })
  const start = (what: string, authorization: string, expected: object): BadRequest => ({
    what,
    caller: 'anonymous',
    method: 'POST',
    path: '/releases',
    message: { headers: { authorization, 'content-type': 'application/json' }, body },
    status: 403,
    body: expected,
  })
  const claims = { gty: 'client-credentials', exp: inAnHour() }
  const refused = { detail: 'Invalid username/password.' }
  refusesAll(api, [
    start('no scheme', callers.admin.token, anonymous),
    start('an empty token', 'Bearer ', anonymous),
    start('a token nobody has', 'Bearer nobody', anonymous),
    start('another scheme', `Digest ${callers.admin.token}`, anonymous),
    start('an expired token', `Bearer ${signedToken(issuerKey, { ...claims, exp: 1 })}`, anonymous),
    start('a token signed for another key', `Bearer ${signedToken(issuerKey, claims, { kid: 'x' })}`, anonymous),
    start('half a token', `Bearer ${signedToken(issuerKey, claims).slice(0, -20)}`, anonymous),
    start('a token in three empty parts', 'Bearer ..', anonymous),
    start('a token of ten kilobytes', `Bearer ${'x'.repeat(10_000)}`, anonymous),
    start('a wrong password', basic('admin:x'), refused),
    start('a login nobody has', basic('nobody:x'), refused),
    start('a login with U+0000', basic('a\u0000b:x'), refused),
    start('no colon', basic('admin'), { detail: expect.any(String) }),
    start('no base64', 'Basic ***', { detail: expect.any(String) }),
    start('no login at all', 'Basic ', { detail: expect.any(String) }),
  ])
})

describe('addresses that are bad', () => {
  const notFound = { detail: 'Not found.' }
  const unknown = ['Select a valid choice. That choice is not one of the available choices.']
  const get = (path: string, status: BadRequest['status'], body?: unknown): BadRequest => ({
    what: path.length > 60 ? `${path.slice(0, 50)}… (${path.length})` : path,
    caller: 'anonymous',
    method: 'GET',
    path,
    status,
    ...(body !== undefined && { body }),
  })
  refusesAll(api, [
    get('/release', 404, notFound),
    get('/releases/', 404, notFound),
    get('//releases', 404, notFound),
    get('/RELEASES', 404, notFound),
    get('/releases/RE_00000000', 404, notFound),
    get('/releases/re_00000000', 404, notFound),
    get('/releases/%00', 404, notFound),
    get('/releases/RE_%F0%9F%98%80', 404, notFound),
    get("/releases/' or 1=1 --".replaceAll(' ', '%20'), 404, notFound),
    get(`/releases/${'x'.repeat(10_000)}`, 404, notFound),
    get('/releases/..%2f..%2fetc%2fpasswd', 404, notFound),
    get('/releases/RE_00000000/publish/now', 404, notFound),
    get('/tasks/TA_00000000', 404, notFound),
    get('/studies/SD_00000000/releases', 404, notFound),
    get('/releases/%zz', [400, 404]),
    get('/releases/%ff%fe', [400, 404]),
    get('/tasks?release=RE_00000000', 400, { release: unknown }),
    get('/tasks?release=%00', 400, { release: [expect.any(String)] }),
    get('/tasks?release=%ff', 400, { release: unknown }),
    get(`/tasks?task_service=${'x'.repeat(8000)}`, 400, { task_service: unknown }),
    get('/release-notes?study=SD_00000000&release=nothing', 400, { study: unknown, release: unknown }),
  ])

  test.each([
    '/releases?state=%00',
    '/releases?%00=1',
    '/events?release=%ff',
    '/releases?limit=1&limit=2&offset=&offset=x',
    '/releases?limit[]=1&limit[gt]=3',
    '/releases?__proto__=1&constructor=2&toString=3',
    '/releases?limit=99999999999999999999',
    '/releases?offset=9223372036854775808',
    '/releases?&&&===&',
    `/releases?${'a'.repeat(8000)}=1`,
    '/releases?state=%E0%A4%A',
  ])('%s is odd, but harmless', async path => {
    const { status, body } = await api.anonymous.get<Page<unknown>>(path)
    expect([200, 400]).toContain(status)
    if (status === 200) expect(body.count).toBeGreaterThanOrEqual(0)
    else expect(body).toBeTypeOf('object')
  })
})

describe('headers that are bad', () => {
  const event = json({ message: 'x' })
  const withHeaders = (
    what: string,
    headers: Record<string, string>,
    status: BadRequest['status'],
    body?: unknown,
  ): BadRequest => ({
    what,
    method: 'POST',
    path: '/events',
    message: { ...event, headers: { ...event.headers, ...headers } },
    status,
    ...(body !== undefined && { body }),
  })
  refusesAll(api, [
    withHeaders('nothing acceptable', { accept: 'image/png' }, 406, {
      detail: 'Could not satisfy the request Accept header.',
    }),
    withHeaders('an Accept that is none', { accept: ';;;' }, 406, {
      detail: 'Could not satisfy the request Accept header.',
    }),
    withHeaders('a host with markup in it', { host: 'a"><script>' }, 400),
    withHeaders('a host with a path', { host: 'example.org/x' }, 400),
  ])
})

describe('methods that are bad', () => {
  const notAllowed = (method: string, path: string, caller: BadRequest['caller'] = 'admin'): BadRequest => ({
    what: path,
    method,
    path,
    caller,
    status: 405,
    body: { detail: `Method "${method}" not allowed.` },
  })
  refusesAll(api, [
    notAllowed('PUT', '/events'),
    notAllowed('DELETE', '/releases'),
    notAllowed('PATCH', '/tasks'),
    notAllowed('DELETE', '/tasks/TA_00000000'),
    notAllowed('OPTIONS', '/tasks', 'anonymous'),
    notAllowed('POST', '/studies', 'anonymous'),
    notAllowed('DELETE', '/studies/SD_00000000', 'user'),
    notAllowed('GET', '/studies/sync', 'anonymous'),
    notAllowed('GET', '/releases/RE_00000000/publish', 'anonymous'),
    notAllowed('TRACE', '/releases'),
  ])
})

test('after all that everything still works', async () => {
  const { kf_id } = await given(api).release()
  await reaches(api, kf_id, 'staged')
})
