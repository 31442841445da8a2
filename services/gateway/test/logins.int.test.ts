import { copyFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { countryOperations, type Identity, releaseOperations } from '@slipway/contracts'
import { migrate, openStore, type Store } from '@slipway/store'
import { basicCredentials, captureLog, createDatabase, eventually, temporaryFolder } from '@slipway/testing'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { gateway } from '../src/app.ts'
import { request } from './http-client.ts'
import { adminToken, type Platform, startPlatform } from './platform.ts'
import { startTokenIssuer, type TokenIssuer } from './token-issuer.ts'

let issuer: TokenIssuer
let platform: Platform
let store: Store
beforeAll(async () => {
  issuer = await startTokenIssuer()
  platform = await startPlatform(issuer.environment)
  store = await openStore({ url: platform.databaseUrl, log: captureLog().log, name: 'test' })
})
afterAll(async () => {
  await store?.close()
  await platform?.[Symbol.asyncDispose]()
  await issuer?.[Symbol.asyncDispose]()
})
afterEach(() => platform.services.reset())

const admin = { authorization: `Bearer ${adminToken}` }

async function api(method: string, path: string, body?: unknown, headers: Record<string, string> = admin) {
  const given = body === undefined ? {} : { body: JSON.stringify(body) }
  const sent = { method, headers: { 'content-type': 'application/json', ...headers }, ...given }
  return request(platform.port, path, sent)
}

const makeAccount = (login: string, more: object = {}) => api('POST', '/api/v1/accounts', { login, ...more })

async function identityOf(token: string, port = platform.port): Promise<Identity> {
  const seen: Identity[] = []
  platform.services.script(releaseOperations.get, (call, { identity }) => {
    if (identity) seen.push(identity)
    return { body: call }
  })
  await request(port, '/releases/RE_1', { headers: { authorization: `Bearer ${token}` } })
  return seen[0] as Identity
}

const roles = 'https://kidsfirstdrc.org/roles'
const groups = 'https://kidsfirstdrc.org/groups'
const userToken = (sub: string, more: object = {}) => issuer.sign({ sub, [roles]: ['DEV'], [groups]: [], ...more })

describe('who comes with a token of the external issuer', () => {
  test.each([
    ['a local account has', 'user', /^user-[\da-f]{8}$/],
    ['a local account has in another case', 'ANNA', /^ANNA-[\da-f]{8}$/],
    ['looks like that of a local account', 'аnna', /^user-[\da-f]{16}$/],
    ['is reserved', 'system', /^system-[\da-f]{8}$/],
    ['is the administrator', 'admin', /^admin-[\da-f]{8}$/],
    ['is how machine clients are shown', 'service:client', /^service-client-[\da-f]{8}$/],
    ['nobody can type', 'x\u200by', /^user-[\da-f]{16}$/],
  ])('is somebody else under a name that %s', async (_, nickname, derived) => {
    issuer.profile = { nickname }
    const sub = `auth0|${Buffer.from(nickname).toString('hex')}`
    const { login, subject, superuser } = await identityOf(await userToken(sub))
    expect([login, subject, superuser]).toEqual([expect.stringMatching(derived), `${issuer.url}/|${sub}`, false])
    // For good, on every replica, whatever the name becomes.
    issuer.profile = { nickname: 'renamed' }
    const other = await platform.startReplica()
    expect((await identityOf(await userToken(sub), other.port)).login).toBe(login)
    await other.stop()
  })

  test('is known by issuer and subject: the same subject of another issuer is somebody else', async () => {
    issuer.profile = { nickname: 'twin' }
    const first = await identityOf(await userToken('auth0|twin'))
    const second = await identityOf(await userToken('auth0|twin', { iss: 'https://other.example.org/' }))
    const third = await identityOf(await userToken('auth0|triplet'))
    expect(first.login).toBe('twin')
    expect(new Set([first, second, third].map(({ login }) => login)).size).toBe(3)
    expect(new Set([first, second, third].map(({ subject }) => subject)).size).toBe(3)
  })

  test('cannot be one whose issuer and subject are cut elsewhere', async () => {
    expect(await identityOf(await userToken('c', { iss: 'a|b' }))).toBeUndefined()
  })

  test('is one, however many requests come first at once', async () => {
    issuer.profile = { nickname: 'crowd' }
    const other = await platform.startReplica()
    const tokens = await Promise.all(Array.from({ length: 10 }, (_, count) => userToken('auth0|crowd', { count })))
    const logins = new Set<string>()
    platform.services.script(releaseOperations.get, (call, { identity }) => {
      logins.add(String(identity?.login))
      return { body: call }
    })
    await Promise.all(
      tokens.map((token, index) => {
        const { port } = index % 2 === 0 ? platform : other
        return request(port, '/releases/RE_1', { headers: { authorization: `Bearer ${token}` } })
      }),
    )
    expect([...logins]).toEqual(['crowd'])
    await other.stop()
  })

  test('takes no login of an account as a machine client', async () => {
    const token = await issuer.sign({ sub: 'anna', gty: 'client-credentials' })
    expect(await identityOf(token)).toMatchObject({
      login: expect.stringMatching(/^anna-[\da-f]{8}$/),
      subject: `${issuer.url}/|anna`,
      kind: 'service',
    })
  })

  test('keeps the login, which no account gets, and whose profile comes when the issuer tells of it', async () => {
    issuer.profile = undefined
    expect((await identityOf(await userToken('auth0|late', { nickname: 'late' }))).login).toBe('late')
    issuer.profile = { nickname: 'other', email: 'late@example.org' }
    const other = await platform.startReplica()
    expect((await identityOf(await userToken('auth0|late'), other.port)).login).toBe('late')
    const profile = { name: 'test.late', text: `select email from external_profile where login = 'late'` }
    expect(await store.read(profile)).toEqual([{ email: 'late@example.org' }])
    expect((await makeAccount('Late')).status).toBe(409)
    await other.stop()
  })

  test('has a token for this platform, and none that it sends to others itself', async () => {
    const ours = issuer.environment.SLIPWAY_TOKEN_AUDIENCE as string
    const sent = 'https://kf-release-coord.kidsfirstdrc.org'
    for (const aud of [sent, [ours, sent], 'https://else.example.org', undefined]) {
      const claims = { sub: 'client@clients', gty: 'client-credentials', aud }
      expect([aud, await identityOf(await issuer.sign(claims as never))]).toEqual([aud, undefined])
    }
    expect(await identityOf(await issuer.sign({ sub: 'client@clients', gty: 'client-credentials' }))).toBeDefined()
    const { AUTH0_DOMAIN = '' } = issuer.environment
    const start = (more: Record<string, string>) => platform.startReplica({ AUTH0_DOMAIN, ...more })
    await expect(start({ SLIPWAY_TOKEN_AUDIENCE: '' })).rejects.toThrow(
      /^AUTH0_DOMAIN is wrong: it needs SLIPWAY_TOKEN_AUDIENCE/,
    )
    await expect(start({ SLIPWAY_TOKEN_AUDIENCE: 'us', AUTH0_AUD: 'us' })).rejects.toThrow(
      /^SLIPWAY_TOKEN_AUDIENCE is wrong: it must not be the same as AUTH0_AUD, us/,
    )
    await expect(start({ SLIPWAY_TOKEN_AUDIENCE: sent })).rejects.toThrow(/AUTH0_AUD/)
  })
})

describe('a login', () => {
  test('of a deleted account is never given again, in any API', async () => {
    expect((await makeAccount('gone', { password: 'gone', roles: ['ROLE_USER'] })).status).toBe(201)
    expect((await api('DELETE', '/api/v1/accounts/gone')).status).toBe(204)
    for (const login of ['gone', 'GONE']) expect((await makeAccount(login)).status).toBe(409)
    const person = { username: 'Gone', name: 'G', email: 'g@example.org', password: 'secret' }
    expect(await api('POST', '/users/', person)).toMatchObject({
      status: 400,
      json: { username: ['A user with this username already exists'] },
    })
    const user = { login: 'gone', password: 'secret', roles: ['ROLE_USER'] }
    expect((await api('POST', '/api/users', user)).status).toBe(409)
    issuer.profile = { nickname: 'gone' }
    expect((await identityOf(await userToken('auth0|gone'))).login).toMatch(/^gone-/)

    const other = await platform.startReplica({ SLIPWAY_ACCOUNTS: '[{"login":"gone","password":"again"}]' })
    expect((await api('GET', '/api/v1/accounts/gone')).status).toBe(404)
    const headers = { authorization: basicCredentials('gone', 'again') }
    expect((await request(other.port, '/', { headers })).status).toBe(403)
    await other.stop()
  })

  test.each([
    'system',
    'Anonymous',
    'admin',
    'exporter',
    'slipway-catalog',
    'аnna',
    'ａｎｎａ',
    'an\u200dna',
    'a\u202eb',
    'сосо',
  ])('%j is refused in the shape of each API', async login => {
    const own = await makeAccount(login)
    expect(own).toMatchObject({ status: 400, json: { error: { code: 'invalid', details: [{ path: ['login'] }] } } })
    const made = await api('POST', '/api/users', { login, password: 'secret', roles: ['ROLE_USER'] })
    expect(made).toMatchObject({ status: 400, json: { status: 400, message: expect.stringMatching(/^login: /) } })
    const person = { login, password: 'secret', email: 'x@example.org', country: { isoCode2: 'SE' } }
    expect(await api('POST', '/api/register', person, {})).toMatchObject({
      status: 400,
      json: { message: expect.stringMatching(/^login: /) },
    })
    const fields = { username: login, name: 'N', email: 'n@example.org', password: 'secret' }
    expect(await api('POST', '/users/', fields)).toMatchObject({
      status: 400,
      json: { username: [expect.any(String)] },
    })
    if (login === 'admin') return
    const configured = { SLIPWAY_ACCOUNTS: JSON.stringify([{ login, password: 'secret' }]) }
    await expect(platform.startReplica(configured)).rejects.toThrow(/^SLIPWAY_ACCOUNTS is wrong: the login /)
  })

  test('that was given before it was reserved stays good', async () => {
    const given = { name: 'test.given', text: `insert into account (login, roles) values ('system', '{USER}')` }
    await store.write(given)
    const configured = { SLIPWAY_ACCOUNTS: '[{"login":"system","password":"as before"}]' }
    const other = await platform.startReplica(configured)
    const headers = { authorization: basicCredentials('system', 'as before') }
    expect((await request(other.port, '/', { headers })).status).toBe(200)
    expect((await api('PATCH', '/api/v1/accounts/system', { roles: ['DEV'] })).status).toBe(200)
    await other.stop()
  })

  test('that nobody activated in time can be taken again: nobody ever was it', async () => {
    platform.services.script(countryOperations.get, () => ({ body: { isoCode2: 'SE' } }))
    const add = {
      name: 'test.add',
      text: `insert into account (login, activated, activation_expires_at) values ($1, false, now())`,
    }
    await store.write(add, ['hesitant'])
    const known = {
      name: 'test.known',
      text: `insert into known_login select login, login, id::text from account where login = $1`,
    }
    await store.write(known, ['hesitant'])
    expect((await makeAccount('hesitant')).status).toBe(409)
    const due = {
      name: 'test.due',
      text: `update platform.timer set due_at = now() where name = 'every:purge-unactivated'`,
    }
    await store.write(due)
    await (await platform.startReplica()).stop()
    await eventually(async () => (await api('GET', '/api/v1/accounts/hesitant')).status === 404)
    expect((await makeAccount('hesitant')).status).toBe(201)
  })
})

describe('a weak secret of the administrator stops the start', () => {
  test.each([
    [{ SLIPWAY_ADMIN_TOKEN: 'admin' }, /^SLIPWAY_ADMIN_TOKEN is wrong: must have at least 12 characters/],
    [{ SLIPWAY_ADMIN_TOKEN: 'tokentokentokentoken' }, /^SLIPWAY_ADMIN_TOKEN is wrong: is easily guessed/],
    [{ SLIPWAY_ADMIN_PASSWORD: 'password' }, /^SLIPWAY_ADMIN_PASSWORD is wrong: must have at least 10 characters/],
    [{ SLIPWAY_ADMIN_PASSWORD: 'changeme-changeme' }, /^SLIPWAY_ADMIN_PASSWORD is wrong: is easily guessed/],
    [{ SLIPWAY_ACCOUNTS: '[{"login":"chief","superuser":true,"token":"token"}]' }, /the token of chief must have/],
    [{ SLIPWAY_ACCOUNTS: '[{"login":"chief","superuser":true,"password":"pw"}]' }, /the password of chief must have/],
  ])('%j', async (environment, line) => {
    await expect(platform.startReplica(environment as Record<string, string>)).rejects.toThrow(line)
  })
})

test('the migration knows what was given before it, and parts who shared a login', async () => {
  await using folder = await temporaryFolder()
  const all = fileURLToPath(gateway.migrations as URL)
  for (const file of (await readdir(all)).filter(name => name < '0009')) {
    await copyFile(join(all, file), join(folder.path, file))
  }
  const database = await createDatabase({ migrations: [folder.path] })
  const { log } = captureLog()
  const before = await openStore({ url: database.url, log, name: 'test' })
  const run = (name: string, text: string) => before.write({ name: `test.${name}`, text })
  await run('accounts', `insert into account (login) values ('Ada'), ('bob')`)
  await run(
    'outbox',
    `insert into platform.outbox (noun, verb, aggregate, sequence, actor, traceparent, data) values
      ('account', 'deleted', 'a', 2, 'ada', null, '{"login":"eve"}'),
      ('account', 'deleted', 'b', 2, 'system', null, '{"login":"never-activated"}')`,
  )
  await run(
    'stream',
    `insert into stream_event (event_id, noun, verb, aggregate, readers, payload) values
      ('1', 'account', 'deleted', 'c', '{}', '{"actor":"ada","data":{"login":"Mallory"}}')`,
  )
  await run(
    'profiles',
    `insert into external_profile (subject, login, first_seen_at) values ('i|1', 'ada', now()), ('i|2', 'nick', now()),
      ('i|3', 'NICK', now() + interval '1 second'), ('i|4', 'eve', now()), ('i|5', 'zoe', now())`,
  )
  await migrate(database.url, gateway.migrations, log)
  const profiles = await run('external', 'select subject, login from external_profile order by subject')
  expect(profiles).toEqual([
    { subject: 'i|1', login: expect.stringMatching(/^ada-[\da-f]{8}$/) },
    { subject: 'i|2', login: 'nick' },
    { subject: 'i|3', login: expect.stringMatching(/^NICK-[\da-f]{8}$/) },
    { subject: 'i|4', login: expect.stringMatching(/^eve-[\da-f]{8}$/) },
    { subject: 'i|5', login: 'zoe' },
  ])
  const known = (await run('known', 'select key from known_login')) as { key: string }[]
  expect(
    known
      .map(({ key }) => key)
      .filter(key => !key.includes('-'))
      .sort(),
  ).toEqual(['ada', 'bob', 'eve', 'mallory', 'nick', 'zoe'])
  expect(known).toHaveLength(9)
  await before.close()
  await database.drop()
})
