import { type Bus, connectBus } from '@slipway/bus'
import { identityOperations, serviceNames, serviceOperations } from '@slipway/contracts'
import type { Platform } from '@slipway/local'
import { basicCredentials, captureLog } from '@slipway/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testerUrl } from '../support/nats-tester.ts'
import { startTestPlatform } from '../support/start-test-platform.ts'

const adminToken = 'revocation-administrator-token'
const admin = `Bearer ${adminToken}`

let platform: Platform
let bus: Bus
beforeAll(async () => {
  platform = await startTestPlatform({ adminToken })
  bus = await connectBus({ servers: testerUrl(platform), name: 'program', version: '1.0.0', log: captureLog().log })
})
afterAll(async () => {
  await bus?.close()
  await platform?.[Symbol.asyncDispose]()
})

async function api(method: string, path: string, authorization: string, body?: unknown): Promise<unknown> {
  const response = await fetch(`${platform.url}${path}`, {
    method,
    headers: { authorization, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  expect(response.ok, text).toBe(true)
  return text === '' ? undefined : JSON.parse(text)
}

type Person = {
  readonly login: string
  readonly account: string
  readonly basic: string
  readonly token: { readonly id: string; readonly token: string }
}

let people = 0
async function person(): Promise<Person> {
  people += 1
  const login = `person-${people}`
  const fields = { login, password: 'the first password', roles: ['DEV', 'USER'] }
  await api('POST', '/api/v1/accounts', admin, fields)
  const basic = basicCredentials(login, 'the first password')
  const token = (await api('POST', '/api/v1/users/me/tokens', basic, { name: 'program' })) as Person['token']
  return { login, account: `/api/v1/accounts/${login}`, basic, token }
}

/** What each service makes of an identity token, in the order of the services. */
function verdicts(identity: string): Promise<string[]> {
  const ask = async (service: (typeof serviceNames)[number]) => {
    const answer = bus.call(serviceOperations(service).deadLetters, {}, { identity })
    // Who is known is told that it is for others.
    return answer.then(
      () => 'accepted',
      error => (error.code === 'forbidden' ? 'accepted' : `${error.code}: ${error.message}`),
    )
  }
  return Promise.all(serviceNames.map(ask))
}

const each = (verdict: string) => serviceNames.map(() => verdict)

type Change = readonly [name: string, make: (person: Person) => Promise<unknown>]

const endings: readonly Change[] = [
  ['its account is deleted', ({ account }) => api('DELETE', account, admin)],
  ['its account is switched off', ({ account }) => api('PATCH', account, admin, { active: false })],
  ['its account loses a role', ({ account }) => api('PATCH', account, admin, { roles: ['USER'] })],
  ['the password changes', ({ account }) => api('PATCH', account, admin, { password: 'the second password' })],
  ['its API token is revoked', ({ basic, token }) => api('DELETE', `/api/v1/users/me/tokens/${token.id}`, basic)],
  ['its API token is refreshed', ({ token }) => api('PUT', '/rest_api/v1/auth/token/refresh/', `Token ${token.token}`)],
]

describe('an identity token', () => {
  it.each(endings)('is refused by every service as soon as %s', async (_name, end) => {
    const someone = await person()
    const { identity_token } = await bus.call(identityOperations.exchange, { token: someone.token.token })
    expect(await verdicts(identity_token)).toEqual(each('accepted'))
    await end(someone)
    expect(await verdicts(identity_token)).toEqual(each('unauthenticated: The identity token was revoked.'))
  })

  it('outlasts what takes nothing from its account, and the end of another token', async () => {
    const someone = await person()
    const other = await person()
    const { identity_token } = await bus.call(identityOperations.exchange, { token: someone.token.token })
    await api('PATCH', someone.account, admin, { roles: ['DEV', 'USER', 'ROLE_USER'], email: 'new@example.org' })
    await api('DELETE', `/api/v1/users/me/tokens/${other.token.id}`, other.basic)
    expect(await verdicts(identity_token)).toEqual(each('accepted'))
  })

  it('is had anew by a credential that is still good', async () => {
    const someone = await person()
    await bus.call(identityOperations.exchange, { token: someone.token.token })
    await api('PATCH', someone.account, admin, { roles: ['USER'] })
    const { identity_token } = await bus.call(identityOperations.exchange, { token: someone.token.token })
    expect(await verdicts(identity_token)).toEqual(each('accepted'))
  })
})
