import { randomUUID } from 'node:crypto'
import { affiliateEvents, type KnownAccount, type Standing } from '@slipway/contracts'
import { openStore, type Store } from '@slipway/store'
import { basicCredentials, captureLog, eventually } from '@slipway/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { changedFields } from '../src/identity/account.ts'
import { insertAccount } from '../src/identity/account-change.ts'
import { activateAccount, newRegistration, renewActivation, startActivationPurge } from '../src/identity/activation.ts'
import { platformAuthor } from '../src/identity/delegation.ts'
import { request } from './http-client.ts'
import { adminToken, type Platform, startPlatform } from './platform.ts'

let platform: Platform
let store: Store
const { log } = captureLog()
beforeAll(async () => {
  platform = await startPlatform()
  store = await openStore({ url: platform.databaseUrl, log, name: 'test' })
})
afterAll(async () => {
  await store?.close()
  await platform?.[Symbol.asyncDispose]()
})

async function whoIs(token: string) {
  const { json } = await request(platform.port, '/releases/RE_1', { headers: { authorization: `Bearer ${token}` } })
  return (json as { login?: string | null }).login
}

type Told = { readonly verb: string; readonly sequence: number; readonly data: KnownAccount }
/** What was told of an account, in the order of its events. */
function toldOf(login: string): Promise<Told[]> {
  const text = `select verb, sequence, data from platform.outbox
    where noun = 'account' and data ->> 'login' = $1 order by sequence`
  return store.read<Told>({ name: 'test.told', text }, [login])
}

let sequence = 1
function standingIs(standing: Standing, ofEvent = ++sequence) {
  return tell('updated', { login: 'user', standing }, ofEvent)
}
function tell(
  verb: 'updated' | 'deleted',
  of: { login: string; standing: Standing },
  ofEvent = ++sequence,
  time = new Date(),
) {
  const { type } = affiliateEvents[verb]
  return platform.services.bus.publishEvent(affiliateEvents[verb], {
    specversion: '1.0',
    id: randomUUID(),
    source: '/slipway/catalog',
    type,
    subject: '7',
    time: time.toISOString(),
    datacontenttype: 'application/json',
    sequence: ofEvent,
    actor: 'staff',
    data: { affiliate_id: 7, home_member: 'SE', ...of },
  })
}

test('whose affiliate is struck off does not sign in, in any API, until that is undone', async () => {
  expect(await whoIs('token-of-user')).toBe('user')
  await standingIs('DEREGISTERED')
  await eventually(async () => (await whoIs('token-of-user')) !== 'user')
  const headers = { authorization: basicCredentials('user', 'user password') }
  expect((await request(platform.port, '/api/v1/users/me/tokens', { headers })).status).toBe(401)
  // News that come late do not count.
  await standingIs('IN_GOOD_STANDING', 1)
  await standingIs('DEACTIVATED')
  await eventually(async () => (await whoIs('token-of-user')) === 'user')
  expect((await request(platform.port, '/api/v1/users/me/tokens', { headers })).status).toBe(200)
})

test('whose affiliate was deleted is gone, unless they are more than that or came later', async () => {
  const admin = { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' }
  const call = (method: string, path: string, body?: object) =>
    request(platform.port, `/api/v1/accounts${path}`, { method, headers: admin, body: JSON.stringify(body) ?? '' })
  const roles = { leaves: ['ROLE_USER'], stays: ['ROLE_USER', 'ROLE_STAFF_SE'], later: ['ROLE_USER'] }
  for (const [login, given] of Object.entries(roles)) {
    expect((await call('POST', '', { login, password: 'secret', roles: given })).status).toBe(201)
  }
  await tell('deleted', { login: 'later', standing: 'APPLYING' }, undefined, new Date(Date.now() - 60_000))
  await tell('deleted', { login: 'stays', standing: 'APPLYING' })
  await tell('deleted', { login: 'leaves', standing: 'APPLYING' })
  await eventually(async () => (await call('GET', '/leaves')).status === 404)
  expect([(await call('GET', '/stays')).status, (await call('GET', '/later')).status]).toEqual([200, 200])
})

test('every change of an account is told, without what could be used to sign in', async () => {
  const admin = { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' }
  const call = (method: string, path: string, body?: object) =>
    request(platform.port, `/api/v1/accounts${path}`, { method, headers: admin, body: JSON.stringify(body) ?? '' })
  await call('POST', '', { login: 'told', password: 'secret', roles: ['ROLE_USER'], email: 'told@example.org' })
  await call('PATCH', '/told', { givenName: 'Ann', member: 'SE' })
  await call('DELETE', '/told')
  const told = await toldOf('told')
  expect(told.map(({ verb, sequence }) => [verb, sequence])).toEqual([
    ['created', 1],
    ['updated', 2],
    ['deleted', 3],
  ])
  expect(told[1]?.data).toEqual({
    login: 'told',
    first_name: 'Ann',
    last_name: null,
    email: 'told@example.org',
    lang_key: 'en',
    activated: true,
    roles: ['ROLE_USER'],
    member: 'SE',
    country: null,
    activation_key: null,
    base_url: null,
    sequence: expect.any(Number),
  })
  // Numbers of a login never start again.
  const changes = told.map(({ data }) => data.sequence)
  expect(changes).toEqual([...changes].sort((a, b) => a - b))
  expect(new Set(changes).size).toBe(3)
})

test('an account that is not activated in time goes, and one that was stays', async () => {
  const fields = changedFields(undefined, { roles: ['ROLE_USER'], activated: false }, null)
  const [slow, quick] = [newRegistration('https://x.org'), newRegistration('https://x.org')]
  const { told } = await insertAccount(store, 'slow', fields, platformAuthor('slow'), { registration: slow })
  expect(told).toMatchObject({ login: 'slow', activated: false, activation_key: slow.key, base_url: 'https://x.org' })
  await insertAccount(store, 'quick', fields, platformAuthor('quick'), { registration: quick })
  // The key is in no event: many read those.
  for (const login of ['slow', 'quick']) expect((await toldOf(login))[0]?.data).toMatchObject({ activation_key: null })
  const renewed = await renewActivation(store, 'QUICK')
  expect(await activateAccount(store, quick.key)).toBeUndefined()
  expect(await activateAccount(store, renewed ?? '')).toBe('quick')
  for (const login of ['quick', 'user', 'nobody']) expect(await renewActivation(store, login)).toBeNull()
  const text = `update account set activation_expires_at = now() - interval '1 second' where login = 'slow'`
  await store.write({ name: 'test.expire', text })
  expect(await activateAccount(store, slow.key)).toBeUndefined()

  const due = {
    name: 'test.due',
    text: `update platform.timer set due_at = now() where name = 'every:purge-unactivated'`,
  }
  await store.write(due)
  const purge = startActivationPurge(store, log)
  const logins = { name: 'test.logins', text: `select login from account where login in ('slow', 'quick')` }
  await eventually(async () => (await store.read(logins)).length === 1)
  await purge.stop()
  expect(await store.read(logins)).toEqual([{ login: 'quick' }])
  expect((await toldOf('slow')).map(({ verb }) => verb)).toEqual(['created', 'deleted'])
})
