import { failure, releaseOperations } from '@slipway/contracts'
import { openStore } from '@slipway/store'
import { basicCredentials, captureLog, eventually } from '@slipway/testing'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { request } from './http-client.ts'
import { adminPassword, adminToken, type Platform, startPlatform } from './platform.ts'
import { newKey, startTokenIssuer, type TokenIssuer } from './token-issuer.ts'

let issuer: TokenIssuer
let platform: Platform
beforeAll(async () => {
  issuer = await startTokenIssuer()
  platform = await startPlatform(issuer.environment)
})
afterAll(async () => {
  await platform?.[Symbol.asyncDispose]()
  await issuer?.[Symbol.asyncDispose]()
})
afterEach(() => platform.services.reset())

const roles = 'https://kidsfirstdrc.org/roles'
const groups = 'https://kidsfirstdrc.org/groups'

async function whoIs(authorization: string | undefined, port = platform.port) {
  const headers = authorization === undefined ? {} : { authorization }
  const answer = await request(port, '/releases/RE_1', { headers })
  expect([answer.status, answer.text]).toEqual([200, expect.any(String)])
  return (answer.json as { login: string | null }).login
}

describe('ways to sign in', () => {
  test.each([
    ['an API token', `Bearer ${adminToken}`, 'admin'],
    ['in any case', `bearer   ${adminToken} `, 'admin'],
    ['of a configured account', 'Bearer token-of-user', 'user'],
    ['login and password', basicCredentials('admin', adminPassword), 'admin'],
    ['login in another case', basicCredentials('ANNA', 'anna password'), 'anna'],
  ])('%s', async (_, authorization, login) => {
    expect(await whoIs(authorization)).toBe(login)
  })

  test.each([
    ['nothing', undefined],
    ['an unknown token', 'Bearer nobody'],
    ['an empty token', 'Bearer '],
    ['a scheme alone', 'Bearer'],
    ['another scheme', `Token ${adminToken}`],
    ['an unknown scheme', 'Negotiate abc'],
    ['something like a signed token', 'Bearer a.b.c'],
    ['the token of an account that is not active', 'Bearer token-of-former'],
  ])('%s is anonymous, and reads work', async (_, authorization) => {
    expect(await whoIs(authorization)).toBeNull()
  })

  test.each([
    ['a wrong password', basicCredentials('admin', 'wrong')],
    ['an unknown login', basicCredentials('nobody', 'x')],
    ['an account without a password', basicCredentials('dev', '')],
    ['an account that is not active', basicCredentials('former', 'former password')],
  ])('%s is refused, also for reads', async (_, authorization) => {
    const answer = await request(platform.port, '/releases', { headers: { authorization } })
    expect([answer.status, answer.json]).toEqual([403, { detail: 'Invalid username/password.' }])
    expect(answer.headers['www-authenticate']).toBeUndefined()
  })

  test('a Basic header that is none', async () => {
    for (const authorization of ['Basic ???', `Basic ${Buffer.from('nocolon').toString('base64')}`]) {
      expect((await request(platform.port, '/', { headers: { authorization } })).status).toBe(403)
    }
  })
})

describe('tokens of the external issuer', () => {
  const user = { sub: 'auth0|1', [roles]: ['DEV'], [groups]: ['SD_ME0WME0W'] }

  async function identityOf(token: string) {
    const seen: unknown[] = []
    platform.services.script(releaseOperations.get, (call, { identity }) => {
      seen.push(identity)
      return { body: call }
    })
    await whoIs(`Bearer ${token}`)
    return seen[0]
  }

  test('a user: roles and groups of the token, the name of the profile', async () => {
    expect(await identityOf(await issuer.sign(user))).toEqual({
      subject: `${issuer.url}/|auth0|1`,
      login: 'nick',
      kind: 'user',
      roles: ['DEV'],
      groups: ['SD_ME0WME0W'],
      permissions: [],
      member: null,
      superuser: false,
    })
    const asked = issuer.asked.profiles
    expect(await identityOf(await issuer.sign({ ...user, [roles]: ['USER'] }))).toMatchObject({ roles: ['USER'] })
    expect(issuer.asked.profiles).toBe(asked)
  })

  test('the profile is kept', async () => {
    await using store = await openStore({ url: platform.databaseUrl, log: captureLog().log, name: 'test' })
    const rows = await store.read({ name: 'test.profiles', text: 'select * from external_profile' })
    expect(rows).toEqual([expect.objectContaining({ login: 'nick', email: 'nick@example.org', given_name: 'N' })])
  })

  test('without a profile the subject is the name, and it is asked for again', async () => {
    const { profile } = issuer
    issuer.profile = undefined
    expect(await identityOf(await issuer.sign({ ...user, sub: 'auth0|2' }))).toMatchObject({ login: 'auth0|2' })
    issuer.profile = profile
  })

  test('a machine client is an administrator and needs no roles', async () => {
    const token = await issuer.sign({ sub: 'client@clients', gty: 'client-credentials' })
    expect(await identityOf(token)).toMatchObject({ login: 'client@clients', kind: 'service' })
    const answer = await request(platform.port, '/tasks', {
      method: 'DELETE',
      headers: { authorization: `Bearer ${token}` },
    })
    expect(answer.status).toBe(405)
  })

  test.each(['ES256', 'EdDSA', 'RS256'])('%s, with a key that is new: keys are fetched again', async alg => {
    // The least time between two fetches is real; a fresh gateway has not fetched yet.
    const other = await platform.startReplica()
    const key = await issuer.addKey(alg)
    expect(await whoIs(`Bearer ${await issuer.sign(user, key)}`, other.port)).toBe('nick')
    await other.stop()
  })

  test('a token that names no key is tried with each', async () => {
    const other = await platform.startReplica()
    const key = await issuer.addKey('RS256')
    expect(await whoIs(`Bearer ${await issuer.sign(user, key, {})}`, other.port)).toBe('nick')
    const strange = await newKey('strange')
    expect(await whoIs(`Bearer ${await issuer.sign(user, strange, {})}`, other.port)).toBeNull()
    await other.stop()
  })

  test.each([
    ['expired', () => issuer.sign({ ...user, exp: Math.floor(Date.now() / 1000) - 1 })],
    ['without an end', () => issuer.sign({ ...user, exp: undefined } as never)],
    ['without a subject', () => issuer.sign({ [roles]: [], [groups]: [] })],
    ['without roles', () => issuer.sign({ sub: 'x', [groups]: [] })],
    ['without groups', () => issuer.sign({ sub: 'x', [roles]: [] })],
    ['not valid yet', () => issuer.sign({ ...user, nbf: Math.floor(Date.now() / 1000) + 60 })],
    ['of another issuer', async () => issuer.sign(user, await newKey('first'))],
    ['changed', async () => (await issuer.sign(user)).replace(/\.[^.]+\./, '.eyJzdWIiOiJ4In0.')],
    [
      'not signed',
      async () => `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{}').toString('base64url')}.x`,
    ],
  ])('%s: anonymous', async (_, make) => {
    const token = await make()
    expect(await whoIs(`Bearer ${token}`)).toBeNull()
    const write = await request(platform.port, '/tasks', {
      method: 'DELETE',
      headers: { authorization: `Bearer ${token}` },
    })
    expect([write.status, write.json]).toEqual([403, { detail: 'Authentication credentials were not provided.' }])
  })

  test('an expired token does not live on in memory', async () => {
    const token = await issuer.sign({ ...user, exp: Math.floor(Date.now() / 1000) + 5 })
    expect(await whoIs(`Bearer ${token}`)).toBe('nick')
    await eventually(async () => expect(await whoIs(`Bearer ${token}`)).toBeNull())
  })

  test('unknown keys do not make a fetch each', async () => {
    const before = issuer.asked.keys
    for (let index = 0; index < 20; index++) {
      expect(await whoIs(`Bearer ${await issuer.sign(user, await newKey(`unknown-${index}`, 'ES256'))}`)).toBeNull()
    }
    expect(issuer.asked.keys - before).toBeLessThanOrEqual(2)
  })

  test('the audience is checked, and the issuer where it is configured', async () => {
    const other = await platform.startReplica({ SLIPWAY_TOKEN_AUDIENCE: 'us', SLIPWAY_TOKEN_ISSUER: `${issuer.url}/` })
    expect(await whoIs(`Bearer ${await issuer.sign({ ...user, aud: 'us' })}`, other.port)).toBe('nick')
    expect(await whoIs(`Bearer ${await issuer.sign({ ...user, aud: 'them' })}`, other.port)).toBeNull()
    expect(await whoIs(`Bearer ${await issuer.sign({ ...user, aud: 'us', iss: 'them' })}`, other.port)).toBeNull()
    await other.stop()
  })

  test('an issuer that is down makes anonymous callers, not errors', async () => {
    issuer.broken = true
    const other = await platform.startReplica()
    const before = issuer.asked.keys
    for (let count = 0; count < 3; count++) {
      expect(await whoIs(`Bearer ${await issuer.sign({ ...user, count })}`, other.port)).toBeNull()
    }
    // It is not asked again for every request.
    expect(issuer.asked.keys - before).toBe(1)
    expect(await whoIs(`Bearer ${adminToken}`, other.port)).toBe('admin')
    issuer.broken = false
    await other.stop()
  })
})

describe('limits', () => {
  test('failed logins of one account, which its own caller can still use', async () => {
    const other = await platform.startReplica({ SLIPWAY_LOGIN_ATTEMPTS: '3' })
    expect(await whoIs(basicCredentials('user', 'user password'), other.port)).toBe('user')
    const tries = Array.from({ length: 6 }, (_, index) =>
      request(other.port, '/', { headers: { authorization: basicCredentials('user', `wrong ${index}`) } }),
    )
    const statuses = (await Promise.all(tries)).map(answer => answer.status).sort()
    expect(statuses).toEqual([403, 403, 403, 429, 429, 429])
    const limited = await request(other.port, '/', { headers: { authorization: basicCredentials('user', 'wrong') } })
    expect(limited.json).toEqual({
      detail: expect.stringMatching(/^Request was throttled\. Expected available in \d+/),
    })
    expect(Number(limited.headers['retry-after'])).toBeGreaterThan(0)
    // Whoever has just proved to know the password is not locked out by others.
    expect(await whoIs(basicCredentials('user', 'user password'), other.port)).toBe('user')
    expect(await whoIs(basicCredentials('anna', 'anna password'), other.port)).toBe('anna')
    await other.stop()
  })

  test('failed logins from one address', async () => {
    const other = await platform.startReplica({ SLIPWAY_LOGIN_ATTEMPTS: '1' })
    const statuses: number[] = []
    for (let index = 0; index < 7; index++) {
      statuses.push(
        (await request(other.port, '/', { headers: { authorization: basicCredentials(`x${index}`, 'x') } })).status,
      )
    }
    expect(statuses).toEqual([403, 403, 403, 403, 403, 429, 429])
    await other.stop()
  })

  test('a login that is too long to be anybody’s is refused before anything is kept of it', async () => {
    const other = await platform.startReplica({ SLIPWAY_LOGIN_ATTEMPTS: '1' })
    const signIn = async (length: number) => {
      const body = JSON.stringify({ username: 'x'.repeat(length), password: 'x' })
      const headers = { 'content-type': 'application/json' }
      return (await request(other.port, '/users/login/', { method: 'POST', headers, body })).status
    }
    const statuses: number[] = []
    for (let index = 0; index < 8; index++) statuses.push(await signIn(256 + index * 10_000))
    expect(statuses).toEqual(Array(8).fill(401))
    // So it has used up nobody's attempts.
    expect([await signIn(255), await signIn(255)]).toEqual([401, 429])
    await other.stop()
  })

  test('wrong passwords from one address lock nobody out at another', async () => {
    const other = await platform.startReplica({ SLIPWAY_LOGIN_ATTEMPTS: '2', SLIPWAY_TRUST_PROXY: 'true' })
    const signIn = (login: string, password: string, address: string) => {
      const headers = { authorization: basicCredentials(login, password), 'x-forwarded-for': address }
      return request(other.port, '/', { headers })
    }
    const logins = ['admin', 'anna', 'user']
    const guesses: number[] = []
    for (let index = 0; index < 15; index++) {
      guesses.push((await signIn(logins[index % 3] as string, `wrong ${index}`, '192.0.2.1')).status)
    }
    expect(guesses.filter(status => status === 403)).toHaveLength(6)
    expect(guesses.filter(status => status === 429)).toHaveLength(9)
    const right = await Promise.all([
      signIn('admin', adminPassword, '192.0.2.2'),
      signIn('anna', 'anna password', '192.0.2.2'),
      signIn('user', 'user password', '192.0.2.2'),
    ])
    expect(right.map(({ status }) => status)).toEqual([200, 200, 200])
    // Nor does the guesser learn that a guess is right from what others have just proved.
    expect((await signIn('user', 'user password', '192.0.2.1')).status).toBe(429)
    await other.stop()
  })

  test('the same right password many times at once is checked once', async () => {
    const other = await platform.startReplica({ SLIPWAY_LOGIN_ATTEMPTS: '2' })
    const headers = { authorization: basicCredentials('anna', 'anna password') }
    const answers = await Promise.all(Array.from({ length: 40 }, () => request(other.port, '/', { headers })))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(40)
    await other.stop()
  })

  test('writes without credentials', async () => {
    const other = await platform.startReplica({ SLIPWAY_ANONYMOUS_RATE_LIMIT: '3' })
    const check = (headers = {}) => request(other.port, '/tasks/status_checks', { method: 'POST', headers })
    expect((await Promise.all([check(), check(), check()])).map(answer => answer.status)).toEqual([200, 200, 200])
    expect(await check()).toMatchObject({ status: 429, headers: { 'retry-after': expect.any(String) } })
    expect((await check({ authorization: `Bearer ${adminToken}` })).status).toBe(200)
    expect((await request(other.port, '/tasks')).status).toBe(200)
    await other.stop()
  })

  test('such writes can be switched off', async () => {
    const other = await platform.startReplica({ SLIPWAY_ANONYMOUS_WRITES: 'false' })
    for (const path of ['/events', '/tasks/status_checks', '/studies/sync']) {
      const answer = await request(other.port, path, { method: 'POST' })
      expect([answer.status, answer.json]).toEqual([403, { detail: 'Authentication credentials were not provided.' }])
    }
    await other.stop()
  })

  test('requests in all', async () => {
    const other = await platform.startReplica({ SLIPWAY_RATE_LIMIT: '2', SLIPWAY_TRUST_PROXY: 'true' })
    const ask = async (path: string, address: string) =>
      (await request(other.port, path, { headers: { 'x-forwarded-for': address } })).status
    const statuses: number[] = []
    for (let index = 0; index < 3; index++) statuses.push(await ask('/releases', `2001:db8::${index}`))
    expect(statuses).toEqual([200, 200, 429])
    expect(await ask('/releases', '2001:db8:0:1::1')).toBe(200)
    expect(await ask('/healthz', '2001:db8::1')).toBe(200)
    await other.stop()
  })
})

test('in development everybody is an administrator, unless they say who they are', async () => {
  const other = await platform.startReplica({ SLIPWAY_DEVELOPMENT: 'true' })
  expect(await whoIs(undefined, other.port)).toBe('devadmin')
  expect(await whoIs('Bearer token-of-user', other.port)).toBe('user')
  const anywhere = await request(other.port, '/', { headers: { origin: 'http://localhost:3000' } })
  expect(anywhere.headers['access-control-allow-origin']).toBe('http://localhost:3000')
  await other.stop()
})

test('a service that does not believe the token', async () => {
  platform.services.script(releaseOperations.get, () => {
    throw failure('unauthenticated', 'Invalid identity token.')
  })
  const answer = await request(platform.port, '/releases/RE_1', { headers: { authorization: `Bearer ${adminToken}` } })
  expect([answer.status, answer.json]).toEqual([403, { detail: 'Invalid identity token.' }])
})
