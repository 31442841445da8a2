import { identityOperations, releaseOperations } from '@slipway/contracts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { request } from './http-client.ts'
import { adminToken, type Platform, startPlatform } from './platform.ts'
import { startTokenIssuer, type TokenIssuer } from './token-issuer.ts'

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

const accounts = (method: string, path = '', body?: object) =>
  request(platform.port, `/api/v1/accounts${path}`, {
    method,
    headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  })

async function find(login: string): Promise<string | null> {
  const { bus } = platform.services
  const { identity_token: service } = await bus.call(identityOperations.service, { service: 'exporter' })
  return (await bus.call(identityOperations.login, { login }, { service })).login
}

test('a login is found as its account has it, until the account is deleted', async () => {
  expect((await accounts('POST', '', { login: 'Petra' })).status).toBe(201)
  for (const written of ['Petra', 'petra', 'PETRA']) expect(await find(written)).toBe('Petra')
  // The first letter is a Cyrillic one.
  for (const other of ['\u0420etra', 'petr', 'petra ']) expect(await find(other)).toBeNull()
  expect((await accounts('DELETE', '/petra')).status).toBe(204)
  expect(await find('Petra')).toBeNull()
})

test('a login of the external issuer is found once somebody has come with it', async () => {
  expect(await find('outsider')).toBeNull()
  issuer.profile = { nickname: 'Outsider' }
  platform.services.script(releaseOperations.get, call => ({ body: call }))
  const claims = { sub: 'auth0|outsider', 'https://kidsfirstdrc.org/roles': [], 'https://kidsfirstdrc.org/groups': [] }
  const authorization = `Bearer ${await issuer.sign(claims)}`
  await request(platform.port, '/releases/RE_1', { headers: { authorization } })
  expect(await find('outsider')).toBe('Outsider')
})
