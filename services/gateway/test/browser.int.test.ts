import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { request } from './http-client.ts'
import { adminPassword, adminToken, type Platform, startPlatform } from './platform.ts'

const own = 'https://releases.example.org'
const evil = 'https://evil.example'

let platform: Platform
let session: { readonly cookie: string }
beforeAll(async () => {
  platform = await startPlatform({ SLIPWAY_PUBLIC_URL: own })
  session = { cookie: String((await signIn()).headers['set-cookie']).split(';', 1)[0] as string }
})
afterAll(() => platform?.[Symbol.asyncDispose]())
afterEach(() => platform.services.reset())

function signIn(headers: Record<string, string> = {}, port = platform.port) {
  return request(port, '/app/authentication', {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ j_username: 'admin', j_password: adminPassword }).toString(),
  })
}

/** 503: let through to the catalog, which nobody plays here. */
const status = async (method: string, path: string, headers: Record<string, string>) =>
  (await request(platform.port, path, { method, headers })).status

describe('a session', () => {
  test.each([
    ['POST', '/api/releasePackages'],
    ['PUT', '/api/releasePackages/1'],
    ['DELETE', '/api/releasePackages/1'],
  ])('%s %s by a page of another origin is refused, whatever it says', async (method, path) => {
    for (const foreign of [
      { origin: evil },
      { origin: 'null' },
      { origin: 'http://releases.example.org.evil.example' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site', origin: 'https://other.example.org' },
    ]) {
      expect(await status(method, path, { ...session, ...foreign })).toBe(403)
    }
    for (const accepted of [{}, { origin: own }, { 'sec-fetch-site': 'same-origin', origin: 'https://x.example' }]) {
      expect(await status(method, path, { ...session, ...accepted })).toBe(503)
    }
  })

  test('counts for links from elsewhere, but not for scripts of other origins', async () => {
    const path = '/api/users'
    expect(await status('GET', path, { ...session, 'sec-fetch-site': 'cross-site' })).toBe(503)
    expect(await status('GET', path, { ...session, origin: evil })).toBe(401)
    expect(await status('GET', path, { ...session, origin: own })).toBe(503)
  })

  test('other credentials are no affair of origins', async () => {
    const headers = { origin: evil, authorization: `Bearer ${adminToken}`, 'sec-fetch-site': 'cross-site' }
    expect(await status('POST', '/api/releasePackages', headers)).toBe(503)
    expect(await status('POST', '/api/releasePackages', { ...headers, ...session })).toBe(503)
  })

  test('neither begins nor ends by a page of another origin', async () => {
    expect((await signIn({ origin: evil })).status).toBe(403)
    expect(await status('GET', '/app/logout', { ...session, 'sec-fetch-site': 'cross-site' })).toBe(403)
    expect(await status('GET', '/api/users', session)).toBe(503)
    expect((await signIn({ origin: own })).status).toBe(200)
  })

  test('has a cookie that is secure where the public address is, or the request', async () => {
    const secure = String((await signIn()).headers['set-cookie'])
    expect(secure).toMatch(/^__Host-slipway_session=[^;]+; Path=\/; HttpOnly; SameSite=Lax; Secure$/)
    // One that a host beside could have set.
    const other = session.cookie.replace('__Host-', '')
    expect(await status('GET', '/api/users', { cookie: other })).toBe(401)
    expect(await status('GET', '/api/users', { cookie: `${other}x; ${session.cookie}` })).toBe(503)
    const plain = await platform.startReplica({ SLIPWAY_PUBLIC_URL: '', SLIPWAY_TRUST_PROXY: '127.0.0.1' })
    expect(String((await signIn({}, plain.port)).headers['set-cookie'])).not.toContain('Secure')
    const forwarded = await signIn({ 'x-forwarded-proto': 'https' }, plain.port)
    expect(String(forwarded.headers['set-cookie'])).toMatch(/^__Host-slipway_session=.*; Secure/)
    await plain.stop()
  })
})

describe('origins that nobody named', () => {
  const paths = [
    '/releases',
    '/rest_api/v1/release-types/',
    '/orgs/',
    '/api/countries',
    '/api/v1/tasks/1',
    '/events/stream?types=x.',
  ]
  test.each([{}, { SLIPWAY_CORS_ORIGINS: '*' }])('send no credentials of the browser (%j)', async env => {
    const other = await platform.startReplica(env)
    for (const path of [...paths, '/api/v1/accounts', '/webhooks', '/openapi.json', '/no/such/path']) {
      for (const method of ['GET', 'POST', 'OPTIONS']) {
        const headers = { origin: evil, ...(method === 'OPTIONS' && { 'access-control-request-method': 'POST' }) }
        const answer = await request(other.port, path, { method, headers })
        expect([path, answer.headers['access-control-allow-credentials']]).toEqual([path, undefined])
        expect(['*', evil, undefined]).toContain(answer.headers['access-control-allow-origin'])
      }
    }
    await other.stop()
  })
})
