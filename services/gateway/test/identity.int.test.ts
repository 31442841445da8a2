import { createHash } from 'node:crypto'
import { connectBus } from '@slipway/bus'
import { identityOperations, identitySchema } from '@slipway/contracts'
import { createIdentify, followRevocations } from '@slipway/service'
import { openStore, type Store } from '@slipway/store'
import { basicCredentials, captureLog, eventually } from '@slipway/testing'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openSigningKeys } from '../src/identity/signing-keys.ts'
import { request } from './http-client.ts'
import { adminPassword, adminToken, type Platform, startPlatform } from './platform.ts'

let platform: Platform
let store: Store
beforeAll(async () => {
  platform = await startPlatform()
  store = await openStore({ url: platform.databaseUrl, log: captureLog().log, name: 'test' })
})
afterAll(async () => {
  await store?.close()
  await platform?.[Symbol.asyncDispose]()
})

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const admin = bearer(adminToken)

function api(method: string, path: string, headers: Record<string, string>, body?: unknown, port = platform.port) {
  const given = body === undefined ? {} : { body: JSON.stringify(body) }
  return request(port, path, { method, headers: { 'content-type': 'application/json', ...headers }, ...given })
}

async function whoIs(headers: Record<string, string>, port = platform.port) {
  const { json } = await request(port, '/releases/RE_1', { headers })
  return (json as { login?: string | null }).login
}

async function newToken(headers: Record<string, string>, body: unknown = { name: 'test' }) {
  const { status, json } = await api('POST', '/api/v1/users/me/tokens', headers, body)
  expect(status).toBe(201)
  return json as { id: string; name: string; token: string; createdAt: string; expiresAt: string | null }
}

describe('accounts', () => {
  test('are made, shown, changed and deleted by administrators', async () => {
    const fields = { login: 'carla', email: 'c@example.org', roles: ['ROLE_MEMBER'], member: 'SE', password: 'first' }
    const created = await api('POST', '/api/v1/accounts', admin, fields)
    expect(created).toMatchObject({
      status: 201,
      json: { login: 'carla', roles: ['ROLE_MEMBER'], groups: [], member: 'SE', active: true, hasPassword: true },
    })
    expect(created.text).not.toMatch(/first|scrypt/)
    const basic = (password: string) => ({
      authorization: basicCredentials('carla', password),
    })
    expect(await whoIs(basic('first'))).toBe('carla')

    const patched = await api('PATCH', '/api/v1/accounts/Carla', admin, { member: null, password: 'second' })
    expect(patched).toMatchObject({
      status: 200,
      json: { member: null, email: 'c@example.org', roles: ['ROLE_MEMBER'] },
    })
    expect(await whoIs(basic('second'))).toBe('carla')
    expect((await request(platform.port, '/', { headers: basic('first') })).status).toBe(403)

    const { json } = await api('GET', '/api/v1/accounts?limit=2&after=anna', admin)
    expect(json).toMatchObject({ results: [{ login: 'carla' }, { login: 'dev' }], next: 'dev' })
    expect((await api('DELETE', '/api/v1/accounts/carla', admin)).status).toBe(204)
    expect((await request(platform.port, '/', { headers: basic('second') })).status).toBe(403)
    expect((await api('GET', '/api/v1/accounts/carla', admin)).status).toBe(404)
  })

  test.each([
    ['no credentials', {}, 401, 'unauthenticated'],
    ['a bad token', bearer('nobody'), 401, 'unauthenticated'],
    ['a user', bearer('token-of-user'), 403, 'forbidden'],
    ['a developer', bearer('token-of-dev'), 403, 'forbidden'],
  ])('are nothing for %s', async (_, headers, status, code) => {
    for (const [method, path] of [
      ['GET', '/api/v1/accounts'],
      ['POST', '/api/v1/accounts'],
      ['PATCH', '/api/v1/accounts/user'],
      ['DELETE', '/api/v1/accounts/user'],
    ] as const) {
      const answer = await api(method, path, headers as Record<string, string>, method === 'GET' ? undefined : {})
      expect([answer.status, answer.json]).toEqual([status, { error: { code, message: expect.any(String) } }])
    }
  })

  test('who may not do everything cannot give or take that right', async () => {
    const anna = bearer('token-of-anna')
    expect((await api('POST', '/api/v1/accounts', anna, { login: 'x', superuser: true })).status).toBe(403)
    expect((await api('PATCH', '/api/v1/accounts/admin', anna, { active: false })).status).toBe(403)
    expect((await api('DELETE', '/api/v1/accounts/admin', anna)).status).toBe(403)
    expect((await api('PATCH', '/api/v1/accounts/user', anna, { roles: ['USER'] })).status).toBe(200)
  })

  test('the last one that may do everything stays', async () => {
    for (const change of [{ active: false }, { superuser: false }]) {
      expect((await api('PATCH', '/api/v1/accounts/admin', admin, change)).status).toBe(409)
    }
    expect((await api('DELETE', '/api/v1/accounts/admin', admin)).status).toBe(409)
    expect(await whoIs(admin)).toBe('admin')
  })

  test.each([
    [{ login: 'user' }, 409],
    [{ login: 'USER' }, 409],
    [{ login: 'a b' }, 400],
    [{}, 400],
    [{ login: 'x', role: 'ADMIN' }, 400],
    [{ login: 'x', roles: 'ADMIN' }, 400],
  ])('%j is refused with %i', async (body, status) => {
    const answer = await api('POST', '/api/v1/accounts', admin, body)
    expect([answer.status, answer.json]).toMatchObject([status, { error: { message: expect.any(String) } }])
  })

  test("broken JSON and unknown types are the platform's errors, too", async () => {
    const send = (body: string, type: string) =>
      request(platform.port, '/api/v1/accounts', { method: 'POST', headers: { ...admin, 'content-type': type }, body })
    expect(await send('{', 'application/json')).toMatchObject({ status: 400, json: { error: { code: 'malformed' } } })
    expect(await send('a=b', 'text/csv')).toMatchObject({ status: 415, json: { error: {} } })
  })
})

describe('API tokens', () => {
  test('are shown once, work in every way, and are kept as a hash', async () => {
    const { id, token, ...rest } = await newToken(bearer('token-of-user'), { name: 'laptop' })
    expect(rest).toEqual({ name: 'laptop', createdAt: expect.stringMatching(/Z$/), expiresAt: null })
    expect(await whoIs(bearer(token))).toBe('user')
    for (const headers of [
      { authorization: `Token ${token}` },
      { authorization: `Bearer ${token}` },
      { 'genestack-api-token': token },
    ]) {
      const { status, json } = await api('GET', '/api/v1/users/me/tokens', headers as Record<string, string>)
      expect(status).toBe(200)
      expect((json as { results: unknown[] }).results).toContainEqual(
        expect.objectContaining({ id, name: 'laptop', prefix: token.slice(0, 8) }),
      )
      expect(JSON.stringify(json)).not.toContain(token)
    }
    const rows = await store.read<{ row: string; hash: Buffer }>(
      {
        name: 'test.token',
        text: 'select to_jsonb(t)::text as row, hash from api_token t where id = $1',
      },
      [id],
    )
    expect(rows[0]?.row).not.toContain(token)
    expect(rows[0]?.hash).toEqual(createHash('sha256').update(token).digest())
  })

  test('their use is noted', async () => {
    const { id, token } = await newToken(bearer('token-of-user'))
    const used = async () => {
      const { json } = await api('GET', '/api/v1/users/me/tokens', bearer('token-of-user'))
      return (json as { results: { id: string; lastUsedAt: string | null }[] }).results.find(one => one.id === id)
        ?.lastUsedAt
    }
    expect(await used()).toBeNull()
    await whoIs(bearer(token))
    const first = await eventually(async () => (await used()) ?? false)
    await whoIs(bearer(token))
    expect(await used()).toBe(first)
  })

  test('end when they say', async () => {
    const expiresAt = new Date(Date.now() + 4_000).toISOString()
    const { token } = await newToken(bearer('token-of-user'), { name: 'short', expiresAt })
    expect(await whoIs(bearer(token))).toBe('user')
    await eventually(async () => (await whoIs(bearer(token))) === null)
    const past = { name: 'past', expiresAt: '2020-01-01T00:00:00Z' }
    expect((await api('POST', '/api/v1/users/me/tokens', bearer('token-of-user'), past)).status).toBe(400)
  })

  test('stop at once where they are revoked, and on other replicas', async () => {
    const other = await platform.startReplica()
    const waits: number[] = []
    // What a replica remembers it would forget after a second anyway; a machine may stand still for as long now and then.
    for (let round = 0; round < 5; round += 1) {
      const { id, token } = await newToken(bearer('token-of-user'))
      expect([await whoIs(bearer(token)), await whoIs(bearer(token), other.port)]).toEqual(['user', 'user'])
      expect((await api('DELETE', `/api/v1/users/me/tokens/${id}`, bearer('token-of-user'))).status).toBe(204)
      expect(await whoIs(bearer(token))).toBeNull()
      const started = performance.now()
      await eventually(async () => (await whoIs(bearer(token), other.port)) === null, { everyMs: 5 })
      waits.push(performance.now() - started)
      expect((await api('DELETE', `/api/v1/users/me/tokens/${id}`, bearer('token-of-user'))).status).toBe(404)
    }
    expect(Math.min(...waits)).toBeLessThan(900)
    await other.stop()
  })

  test('end with their account, and with its being active', async () => {
    await api('POST', '/api/v1/accounts', admin, { login: 'brief', password: 'brief' })
    const { token } = await newToken({ authorization: basicCredentials('brief', 'brief') })
    expect(await whoIs(bearer(token))).toBe('brief')
    await api('PATCH', '/api/v1/accounts/brief', admin, { active: false })
    expect(await whoIs(bearer(token))).toBeNull()
    await api('PATCH', '/api/v1/accounts/brief', admin, { active: true })
    expect(await whoIs(bearer(token))).toBe('brief')
    await api('DELETE', '/api/v1/accounts/brief', admin)
    expect(await whoIs(bearer(token))).toBeNull()
  })

  test('are no more than fifty, however many are asked for at once', async () => {
    await api('POST', '/api/v1/accounts', admin, { login: 'hoarder', password: 'hoarder' })
    const hoarder = bearer((await newToken({ authorization: basicCredentials('hoarder', 'hoarder') })).token)
    const make = () => api('POST', '/api/v1/users/me/tokens', hoarder, { name: 'n' })
    const statuses = (await Promise.all(Array.from({ length: 60 }, make))).map(({ status }) => status)
    expect(statuses.filter(status => status === 201)).toHaveLength(49)
    expect(statuses.filter(status => status === 409)).toHaveLength(11)
  })

  test('of others cannot be seen or revoked', async () => {
    const { id } = await newToken(bearer('token-of-anna'))
    expect((await api('DELETE', `/api/v1/users/me/tokens/${id}`, bearer('token-of-user'))).status).toBe(404)
    expect((await api('DELETE', '/api/v1/users/me/tokens/nonsense', bearer('token-of-user'))).status).toBe(404)
  })
})

describe('the configured accounts', () => {
  test('another start with the same values changes nothing, with others changes them', async () => {
    const updated = async () => {
      const rows = await store.read({
        name: 'test.updated',
        text: 'select login, updated_at from account order by login',
      })
      return JSON.stringify(rows)
    }
    const before = await updated()
    const same = { SLIPWAY_ADMIN_TOKEN: adminToken, SLIPWAY_ADMIN_PASSWORD: adminPassword }
    await (await platform.startReplica(same)).stop()
    expect(await updated()).toBe(before)

    const other = await platform.startReplica({
      SLIPWAY_ADMIN_TOKEN: 'another-token-of-test',
      SLIPWAY_ADMIN_PASSWORD: 'another password',
    })
    expect([await whoIs(bearer('another-token-of-test')), await whoIs(admin)]).toEqual(['admin', null])
    const basic = { authorization: basicCredentials('admin', 'another password') }
    expect(await whoIs(basic, other.port)).toBe('admin')
    await other.stop()
    await (await platform.startReplica(same)).stop()
    expect([await whoIs(bearer('another-token-of-test')), await whoIs(admin)]).toEqual([null, 'admin'])
  })

  test('a list that is wrong stops the start, with the reason', async () => {
    await expect(platform.startReplica({ SLIPWAY_ACCOUNTS: '[{"login":"x","roles":"ADMIN"}]' })).rejects.toThrow(
      /0.roles/,
    )
    await expect(
      platform.startReplica({ SLIPWAY_ACCOUNTS: '[{"login":"x","token":"token-of-user"}]' }),
    ).rejects.toThrow(/belongs to another account/)
  })

  test('several replicas that start at once agree', async () => {
    const accounts = JSON.stringify([{ login: 'together', token: 'token-of-together', roles: ['USER'] }])
    const replicas = await Promise.all([1, 2, 3].map(() => platform.startReplica({ SLIPWAY_ACCOUNTS: accounts })))
    expect(await whoIs(bearer('token-of-together'))).toBe('together')
    await Promise.all(replicas.map(replica => replica.stop()))
  })
})

describe('identity tokens', () => {
  test('an API token is exchanged for one that services believe', async () => {
    await using bus = await connectBus({
      servers: platform.natsUrl,
      name: 'script',
      version: '1.0.0',
      log: captureLog().log,
    })
    const answer = await bus.call(identityOperations.exchange, { token: 'token-of-user' })
    expect(answer.identity).toMatchObject({ login: 'user', groups: ['SD_ME0WME0W'], superuser: false })
    const identify = createIdentify(bus, followRevocations(bus, captureLog().log))
    expect(await identify(answer.identity_token)).toEqual(identitySchema.parse(answer.identity))
    const claims = decodeJwt(answer.identity_token)
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(300)
    expect((claims.exp ?? 0) - Date.now() / 1000).toBeGreaterThan(answer.expires_in)
    const again = await bus.call(identityOperations.exchange, { token: 'token-of-user' })
    expect(again.identity_token).toBe(answer.identity_token)
    await expect(bus.call(identityOperations.exchange, { token: 'nobody' })).rejects.toMatchObject({
      code: 'unauthenticated',
    })
  })

  test('only public keys are published, and of those who start together one makes the key', async () => {
    await using bus = await connectBus({
      servers: platform.natsUrl,
      name: 'script',
      version: '1.0.0',
      log: captureLog().log,
    })
    const { keys } = await bus.call(identityOperations.keys, {})
    expect(keys).toHaveLength(1)
    expect(Object.keys(keys[0] ?? {}).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x'])
  })

  test('a key that is due is replaced once, old tokens stay good, and the old key goes when they have ended', async () => {
    const replicas = await Promise.all([1, 2, 3, 4].map(() => openSigningKeys(store, 30)))
    const before = replicas[0]?.current().kid
    const age = {
      name: 'test.age',
      text: `update signing_key set created_at = created_at - interval '31 days' where kid = $1`,
    }
    await store.write(age, [before])
    await Promise.all(replicas.map(keys => keys.rotate()))
    const now = replicas.map(keys => keys.current().kid)
    expect(new Set(now).size).toBe(1)
    expect(now[0]).not.toBe(before)
    const kids = async () => (await replicas[0]?.published())?.keys.map(key => key.kid)
    expect(await kids()).toEqual([before, now[0]])
    expect(await whoIs(admin)).toBe('admin')

    const later = { name: 'test.later', text: `update signing_key set created_at = created_at - interval '2 days'` }
    await store.write(later)
    await replicas[0]?.rotate()
    expect(await kids()).toEqual([now[0]])
  })

  test('carry no secret and name their key', async () => {
    await using bus = await connectBus({
      servers: platform.natsUrl,
      name: 'script',
      version: '1.0.0',
      log: captureLog().log,
    })
    const { identity_token } = await bus.call(identityOperations.exchange, { token: 'token-of-dev' })
    expect(decodeProtectedHeader(identity_token)).toEqual({ alg: 'EdDSA', kid: expect.any(String) })
    expect(Object.keys(decodeJwt(identity_token)).sort()).toEqual(['aud', 'exp', 'iat', 'identity'])
  })
})
