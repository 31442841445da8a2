import { randomUUID } from 'node:crypto'
import { accountEvents, type EventType, identityOperations, releaseEvents } from '@slipway/contracts'
import { basicCredentials, eventually } from '@slipway/testing'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { request } from './http-client.ts'
import { adminPassword, adminToken, type Platform, startPlatform } from './platform.ts'

let platform: Platform
beforeAll(async () => {
  platform = await startPlatform({ ALLOW_INTERNAL_ADDRESSES: 'true' })
})
afterAll(() => platform?.[Symbol.asyncDispose]())

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const asToken = (token: string) => ({ authorization: `Token ${token}` })
const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString()

async function api<Json = unknown>(method: string, path: string, headers: Record<string, string>, body?: unknown) {
  const given = body === undefined ? {} : { body: JSON.stringify(body) }
  const sent = { method, headers: { 'content-type': 'application/json', ...headers }, ...given }
  const { status, json, headers: answered } = await request(platform.port, path, sent)
  return { status, json: json as Json, headers: answered }
}

type Made = { readonly id: string; readonly token: string; readonly expiresAt: string | null }

async function tokenOf(holder: string, fields: object): Promise<Made> {
  const answer = await api<Made>('POST', '/api/v1/users/me/tokens', bearer(holder), { name: 'test', ...fields })
  expect(answer.status, JSON.stringify(answer.json)).toBe(201)
  return answer.json
}

async function whoIs(headers: Record<string, string>) {
  const { json } = await request(platform.port, '/releases/RE_1', { headers })
  return (json as { login?: string | null }).login
}

type Listed<Item> = { readonly results: readonly Item[] }
type Described = Made & { readonly name: string; readonly scopes: readonly string[] | null }

const listed = async (holder: string): Promise<readonly Described[]> =>
  (await api<Listed<Described>>('GET', '/api/v1/users/me/tokens', bearer(holder))).json.results

describe('a token that ends', () => {
  test('makes tokens that end with it or before', async () => {
    const expiresAt = inAnHour()
    const short = await tokenOf('token-of-user', { expiresAt })
    const child = await tokenOf(short.token, {})
    expect(new Date(child.expiresAt as string)).toEqual(new Date(expiresAt))
    expect((await tokenOf(short.token, { expiresAt: null })).expiresAt).toBe(child.expiresAt)
    const sooner = new Date(Date.now() + 60_000).toISOString()
    expect(new Date((await tokenOf(short.token, { expiresAt: sooner })).expiresAt as string)).toEqual(new Date(sooner))
    const later = { name: 'later', expiresAt: new Date(Date.parse(expiresAt) + 1_000).toISOString() }
    expect(await api('POST', '/api/v1/users/me/tokens', bearer(short.token), later)).toMatchObject({
      status: 400,
      json: { error: { code: 'refused', message: expect.stringMatching(/^expiresAt must not be after/) } },
    })
  })

  test('takes with it what was made with it, when it is revoked', async () => {
    const first = await tokenOf('token-of-user', { expiresAt: inAnHour() })
    const second = await tokenOf(first.token, {})
    const third = await tokenOf(second.token, {})
    const other = await tokenOf('token-of-user', {})
    expect(await whoIs(bearer(third.token))).toBe('user')
    await api('DELETE', `/api/v1/users/me/tokens/${first.id}`, bearer('token-of-user'))
    expect(await Promise.all([first, second, third, other].map(({ token }) => whoIs(bearer(token))))).toEqual([
      null,
      null,
      null,
      'user',
    ])
  })

  test('is exchanged for an identity token that ends with it', async () => {
    const expiresAt = new Date(Date.now() + 60_000).toISOString()
    const { token } = await tokenOf('token-of-user', { expiresAt })
    const answer = await platform.services.bus.call(identityOperations.exchange, { token })
    expect(decodeJwt(answer.identity_token).exp).toBe(Math.floor(Date.parse(expiresAt) / 1000))
    expect(answer.expires_in).toBeLessThanOrEqual(60)
  })

  test('neither makes accounts nor lets anybody do more, and may take rights away', async () => {
    const { token } = await tokenOf(adminToken, { expiresAt: inAnHour() })
    const login = 'outlasting'
    expect((await api('POST', '/api/v1/accounts', bearer(token), { login, password: 'p' })).status).toBe(403)
    const fields = { login, password: 'p', roles: ['USER'], active: false }
    expect((await api('POST', '/api/v1/accounts', bearer(adminToken), fields)).status).toBe(201)
    const patch = async (change: object) => {
      const answer = await api('PATCH', `/api/v1/accounts/${login}`, bearer(token), change)
      return answer.status
    }
    for (const change of [
      { password: 'other' },
      { roles: ['USER', 'DEV'] },
      { groups: ['SD_1'] },
      { permissions: ['ACCESS_ALL_DATA'] },
      { member: 'SE' },
      { active: true },
      { superuser: true },
      { email: 'mine@example.org' },
    ]) {
      expect([change, await patch(change)]).toEqual([change, 403])
    }
    expect([await patch({ givenName: 'Ann' }), await patch({ roles: [] })]).toEqual([200, 200])
    expect((await api('PATCH', '/api/v1/accounts/admin', bearer(token), { password: 'mine' })).status).toBe(403)
    expect((await api('DELETE', `/api/v1/accounts/${login}`, bearer(token))).status).toBe(204)
  })
})

describe('a token with scopes', () => {
  test('manages no tokens', async () => {
    const { token } = await tokenOf('token-of-anna', { scopes: ['ADMIN'] })
    for (const method of ['GET', 'POST']) {
      const body = method === 'POST' ? { name: 'wide' } : undefined
      expect((await api(method, '/api/v1/users/me/tokens', bearer(token), body)).status).toBe(403)
    }
  })

  test.each([
    ['an administrator', 'token-of-anna'],
    ['who may do everything', adminToken],
  ])('of %s: neither its own account, nor others with other rights', async (_, holder) => {
    const { token } = await tokenOf(holder, { scopes: ['ADMIN'] })
    const own = holder === adminToken ? 'admin' : 'anna'
    for (const [method, path, body] of [
      ['PATCH', own, { password: 'mine' }],
      ['PATCH', own, { givenName: 'Ann' }],
      ['DELETE', own, undefined],
      ['POST', '', { login: 'wider', roles: ['ADMIN', 'curator'] }],
      ['POST', '', { login: 'wider', roles: ['ROLE_ADMIN'] }],
      ['POST', '', { login: 'wider', permissions: ['ACCESS_ALL_DATA'] }],
      ['POST', '', { login: 'wider', groups: ['SD_1'] }],
      ['POST', '', { login: 'wider', member: 'SE' }],
      ['POST', '', { login: 'wider', superuser: true }],
      ['PATCH', 'user', { password: 'mine' }],
      ['PATCH', 'dev', { roles: ['ADMIN'] }],
      ['DELETE', 'dev', undefined],
    ] as const) {
      const answer = await api(method, `/api/v1/accounts${path && `/${path}`}`, bearer(token), body)
      expect([method, path, body, answer.status]).toEqual([method, path, body, 403])
    }
    const login = `peer-of-${own}`
    expect((await api('POST', '/api/v1/accounts', bearer(token), { login, roles: ['ADMIN'] })).status).toBe(201)
    expect((await api('PATCH', `/api/v1/accounts/${login}`, bearer(token), { roles: ['DEV'] })).status).toBe(403)
    expect((await api('PATCH', `/api/v1/accounts/${login}`, bearer(token), { roles: [] })).status).toBe(200)
    expect((await api('DELETE', `/api/v1/accounts/${login}`, bearer(token))).status).toBe(204)
  })

  test('makes no wider accounts in the other APIs', async () => {
    const packages = await tokenOf(adminToken, { scopes: ['ROLE_ADMIN'] })
    const user = { login: 'wide-staff', password: 'secret', roles: ['ROLE_STAFF'] }
    expect((await api('POST', '/api/users', bearer(packages.token), user)).status).toBe(403)
    const sources = await tokenOf(adminToken, { scopes: ['staff'] })
    expect((await api('DELETE', '/users/anna/', asToken(sources.token))).status).toBe(403)
    const ending = await tokenOf(adminToken, { expiresAt: inAnHour() })
    const person = { username: 'lasting', name: 'L', email: 'l@example.org', password: 'secret' }
    expect(await api('POST', '/users/', asToken(ending.token), person)).toMatchObject({
      status: 403,
      json: { detail: expect.stringMatching(/outlast/) },
    })
  })
})

describe('PDC', () => {
  const refresh = (token: string) =>
    api<{ readonly token: string }>('PUT', '/rest_api/v1/auth/token/refresh/', asToken(token))

  test('refreshing keeps scopes, end, and what was made with it', async () => {
    const narrow = await tokenOf('token-of-anna', { scopes: ['ADMIN'], expiresAt: inAnHour() })
    const fresh = await refresh(narrow.token)
    expect(fresh.status).toBe(200)
    expect([await whoIs(bearer(narrow.token)), await whoIs(bearer(fresh.json.token))]).toEqual([null, 'anna'])
    expect((await api('GET', '/api/v1/users/me/tokens', bearer(fresh.json.token))).status).toBe(403)
    expect((await listed('token-of-anna')).find(({ id }) => id === narrow.id)).toMatchObject({
      scopes: ['ADMIN'],
      expiresAt: narrow.expiresAt,
      name: 'PDC API',
    })

    const parent = await tokenOf('token-of-anna', { expiresAt: inAnHour() })
    const child = await tokenOf(parent.token, {})
    const renewed = await refresh(child.token)
    await api('DELETE', `/api/v1/users/me/tokens/${parent.id}`, bearer('token-of-anna'))
    expect(await whoIs(bearer(renewed.json.token))).toBeNull()
  })

  test('the value of a session is no token, in any API', async () => {
    const form = new URLSearchParams({ j_username: 'admin', j_password: adminPassword }).toString()
    const signedIn = await request(platform.port, '/app/authentication', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: form,
    })
    const [, value = ''] = /slipway_session=([^;]+)/.exec(String(signedIn.headers['set-cookie'])) ?? []
    expect(value).not.toBe('')
    const members = await request(platform.port, '/api/users/nobody', {
      headers: { cookie: `slipway_session=${value}` },
    })
    expect(members.status).not.toBe(401)

    expect(await refresh(value)).toMatchObject({ status: 401, json: { detail: 'Invalid token.' } })
    expect((await api('GET', '/rest_api/v1/auth/token/obtain/', asToken(value))).status).toBe(401)
    expect((await api('POST', '/api/v1/users/me/tokens', bearer(value), { name: 'mine' })).status).toBe(401)
    expect((await api('POST', '/webhooks', bearer(value), { url: 'https://example.org' })).status).toBe(401)
    expect((await api('GET', '/user/', asToken(value))).status).toBe(401)
    expect(await whoIs(bearer(value))).toBeNull()
    const { bus } = platform.services
    await expect(bus.call(identityOperations.exchange, { token: value })).rejects.toMatchObject({
      code: 'unauthenticated',
    })
    const asCookie = { headers: { cookie: 'slipway_session=token-of-anna' } }
    expect((await request(platform.port, '/api/users/nobody', asCookie)).status).toBe(401)
  })

  test('whoever signs in with a password gets a token with all rights', async () => {
    const basic = { authorization: basicCredentials('anna', 'anna password') }
    const { json } = await api<{ readonly token: string }>('GET', '/rest_api/v1/auth/token/obtain/', basic)
    expect((await listed(json.token)).find(({ name, scopes }) => name === 'PDC API' && scopes === null)).toBeDefined()
  })
})

describe('webhooks', () => {
  let sequence = 0
  async function happened(type: EventType, subject: string, data: object) {
    sequence += 1
    const id = randomUUID()
    await platform.services.bus.publishEvent(type, {
      specversion: '1.0',
      id,
      source: '/slipway/test',
      type: type.type,
      subject,
      time: new Date().toISOString(),
      datacontenttype: 'application/json',
      sequence,
      actor: 'test',
      data,
    })
    return id
  }
  const personal = () => happened(accountEvents.deleted, randomUUID(), { login: 'somebody', sequence: 1 })
  const ordinary = () => happened(releaseEvents.running, 'RE_1', { release_id: 'RE_1', studies: [] })

  async function webhookOf(token: string) {
    const { status, json } = await api<{ id: string; scopes: string[] | null; endsAt: string | null }>(
      'POST',
      '/webhooks',
      bearer(token),
      { url: 'http://127.0.0.1:9/hook' },
    )
    expect(status, JSON.stringify(json)).toBe(201)
    return json
  }
  const gets = async (webhook: string, message: string): Promise<boolean> =>
    (await api<Listed<unknown>>('GET', `/webhooks/${webhook}/deliveries?message=${message}`, bearer(adminToken))).json
      .results.length > 0

  test('see what the token sees that made them, as long as that is good', async () => {
    const wide = await webhookOf(adminToken)
    const dev = await tokenOf(adminToken, { scopes: ['DEV'] })
    const narrow = await webhookOf(dev.token)
    const parent = await tokenOf('token-of-anna', { expiresAt: inAnHour() })
    const ending = await webhookOf((await tokenOf(parent.token, {})).token)
    expect([wide.scopes, wide.endsAt, narrow.scopes, narrow.endsAt, ending.scopes]).toEqual([
      null,
      null,
      ['DEV'],
      null,
      null,
    ])
    expect(new Date(ending.endsAt as string)).toEqual(new Date(parent.expiresAt as string))

    const about = await personal()
    const running = await ordinary()
    await eventually(() => gets(wide.id, running))
    const seen = (message: string) => Promise.all([wide, narrow, ending].map(({ id }) => gets(id, message)))
    expect([await seen(about), await seen(running)]).toEqual([
      [true, false, true],
      [true, true, true],
    ])

    await api('DELETE', `/api/v1/users/me/tokens/${parent.id}`, bearer('token-of-anna'))
    await api('DELETE', `/api/v1/users/me/tokens/${dev.id}`, bearer(adminToken))
    const later = await ordinary()
    await eventually(() => gets(wide.id, later))
    expect(await seen(later)).toEqual([true, false, false])
    const ended = await api('POST', `/webhooks/${narrow.id}/resend-failed`, bearer(adminToken), { since: inAnHour() })
    expect(ended).toMatchObject({ status: 400, json: { error: { code: 'refused' } } })
  })

  test('a token with scopes reaches those made within them only; one that ends changes none that outlasts it', async () => {
    const wide = await webhookOf(adminToken)
    const dev = (await tokenOf(adminToken, { scopes: ['DEV', 'USER'] })).token
    const own = await webhookOf((await tokenOf(adminToken, { scopes: ['DEV'] })).token)
    const statusOf = async (token: string, method: string, path: string, body?: object) =>
      (await api(method, `/webhooks/${path}`, bearer(token), body)).status
    for (const [method, path, body] of [
      ['GET', '', undefined],
      ['PATCH', '', { url: 'https://mine.example.org' }],
      ['POST', '/rotate-secret', {}],
      ['POST', '/test', {}],
      ['GET', '/deliveries', undefined],
      ['DELETE', '', undefined],
    ] as const) {
      expect([method, path, await statusOf(dev, method, wide.id + path, body)]).toEqual([method, path, 404])
    }
    expect(await statusOf(dev, 'PATCH', own.id, { description: 'mine' })).toBe(200)
    const { results } = (await api<Listed<{ scopes: unknown }>>('GET', '/webhooks', bearer(dev))).json
    expect(results.length).toBeGreaterThan(0)
    expect(results.every(({ scopes }) => Array.isArray(scopes))).toBe(true)

    const ending = (await tokenOf(adminToken, { expiresAt: inAnHour() })).token
    expect(await statusOf(ending, 'GET', wide.id)).toBe(200)
    expect(await statusOf(ending, 'PATCH', wide.id, { url: 'https://mine.example.org' })).toBe(403)
    expect(await statusOf(ending, 'POST', `${wide.id}/rotate-secret`, {})).toBe(403)
    expect(await statusOf(ending, 'PATCH', (await webhookOf(ending)).id, { description: 'mine' })).toBe(200)
    expect(await statusOf(ending, 'DELETE', wide.id)).toBe(204)
  })
})
