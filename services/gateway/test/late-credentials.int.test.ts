import { openStore, type Store } from '@slipway/store'
import { basicCredentials, captureLog, eventually } from '@slipway/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { hashPassword } from '../src/identity/password.ts'
import { request, type TestRequest } from './http-client.ts'
import { type Platform, startPlatform } from './platform.ts'

const [before, after] = ['the password before', 'the password after']

let platform: Platform
let store: Store
beforeAll(async () => {
  const accounts = JSON.stringify(logins.map(login => ({ login, password: before, roles: ['USER'] })))
  platform = await startPlatform({ SLIPWAY_ACCOUNTS: accounts })
  store = await openStore({ url: platform.databaseUrl, log: captureLog().log, name: 'test' })
})
afterAll(async () => {
  await store?.close()
  await platform?.[Symbol.asyncDispose]()
})

const form = (values: Record<string, string>) => new URLSearchParams(values).toString()
const json = (login: string): Record<string, string> => ({
  authorization: basicCredentials(login, before),
  accept: 'application/json',
  'content-type': 'application/json',
})

/** Everything that a password is exchanged for, and lasts. */
const exchanges: readonly (readonly [string, path: string, ask: (login: string) => TestRequest])[] = [
  [
    'session',
    '/app/authentication',
    login => ({
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: form({ j_username: login, j_password: before }),
    }),
  ],
  [
    'token',
    '/api/v1/users/me/tokens',
    login => ({ method: 'POST', headers: json(login), body: JSON.stringify({ name: 'late' }) }),
  ],
  ['schedules', '/rest_api/v1/auth/token/obtain/', login => ({ headers: json(login) })],
  [
    'sources',
    '/users/login/',
    login => ({
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username: login, password: before }),
    }),
  ],
]
const logins = exchanges.map(([login]) => login)

const waiting = `select count(*)::integer as count from pg_stat_activity
  where datname = current_database() and wait_event_type = 'Lock'`
const tokens = `select count(*)::integer as count from api_token t join account a on a.id = t.account_id
  where a.login = $1 and t.revoked_at is null`
async function count(text: string, ...parameters: string[]): Promise<number> {
  const [row] = await store.read<{ count: number }>({ name: `test.${text.length}`, text }, parameters)
  return row?.count ?? -1
}

test.each(exchanges)('a %s is not made of a password that was changed meanwhile', async (login, path, ask) => {
  const hash = await hashPassword(after)
  let answer: ReturnType<typeof request> | undefined
  await store.transaction(async tx => {
    const lock = 'select from account where login = $1 for update'
    await tx.query({ name: 'test.lock', text: lock }, [login])
    answer = request(platform.port, path, ask(login))
    // It was found right by now, and is about to be exchanged.
    await eventually(async () => (await count(waiting)) === 1)
    const change = 'update account set password_hash = $2 where login = $1'
    await tx.query({ name: 'test.change', text: change }, [login, hash])
  })
  const { status, headers } = (await answer) as Awaited<ReturnType<typeof request>>
  expect([status, headers['set-cookie']]).toEqual([401, undefined])
  expect(await count(tokens, login)).toBe(0)
})
