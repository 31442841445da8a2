import { Agent } from 'node:http'
import { basicCredentials, httpExchange } from '@slipway/testing'
import { beforeAll, describe, expect, test } from 'vitest'
import { client, expectError, texts } from './support/client.ts'
import { given, pathOf } from './support/given.ts'
import { type Callers, platform } from './support/platform.ts'

const running = platform()
let as: Callers
beforeAll(() => {
  as = running.as
})

const all = '/api/releasePackages'
const withAuthorization = (value: string) => client(running.url, value)

describe('credentials', () => {
  test.each([
    ['a wrong password', basicCredentials('sweden', 'wrong')],
    ['an unknown login', basicCredentials('nobody', 'password')],
    ['no colon', `Basic ${Buffer.from('sweden').toString('base64')}`],
    ['no base64', 'Basic !!!'],
    ['nothing behind the scheme', 'Basic'],
  ])('with %s are refused, on public paths as well', async (_what, value) => {
    for (const path of [all, '/api/feed', pathOf(1)]) {
      expectError(await withAuthorization(value).get(path), 401, 'Bad credentials', path)
    }
  })

  test('of other schemes count as none', async () => {
    for (const value of ['Digest username="sweden"', 'Bearer nonsense', 'nonsense']) {
      expect((await withAuthorization(value).get(all)).status).toBe(200)
      expectError(await withAuthorization(value).post(all, {}), 401, texts.unauthenticated, all)
    }
  })

  test('are read in every way that is promised', async () => {
    for (const value of [
      'Bearer packages-administrator-token',
      'Token packages-administrator-token',
      basicCredentials('SWEDEN', 'password of sweden'),
      basicCredentials('sweden', 'password of sweden').replace('Basic', 'bAsIc'),
    ]) {
      expect((await withAuthorization(value).post(all, { name: 'x' })).status).toBe(200)
    }
  })
})

describe('bodies', () => {
  test.each([
    ['{', /^JSON parse error: /],
    ['APPROVED', /^JSON parse error: /],
    ['\xff', /^JSON parse error: /],
    ['null', 'The request body must be a JSON object.'],
  ])('that are no JSON object are refused: %j', async (text, message) => {
    expectError(await as.admin.send('POST', all, Buffer.from(text, 'latin1')), 400, message, all)
  })

  test('of other types are refused', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/xml', 'nonsense']) {
      const answer = await as.admin.send('POST', all, '{}', { 'content-type': type })
      expectError(answer, 415, `Content type '${type}' not supported`, all)
    }
    for (const type of ['application/json;charset=UTF-8', 'Application/JSON']) {
      expect((await as.admin.send('POST', all, '{}', { 'content-type': type })).status).toBe(200)
    }
  })

  test('may be missing wherever nothing has to be sent, though they are called JSON', async () => {
    const { releasePackageId } = await given(as.admin).package()
    expect((await as.admin.get(pathOf(releasePackageId))).status).toBe(200)
    expect((await as.admin.put(pathOf(releasePackageId))).status).toBe(200)
    expect((await as.admin.delete(pathOf(releasePackageId))).status).toBe(200)
  })

  test('that are too large are refused', async () => {
    const answer = await as.admin.post(all, { unknown: 'x'.repeat(1_000_000) })
    expectError(answer, 413, 'The request body is too large.', all)
  })
})

describe('paths', () => {
  test('may end in a slash', async () => {
    expect((await as.anonymous.get(`${all}/`)).status).toBe(200)
    expect((await as.admin.post(`${all}/`, { name: 'x' })).status).toBe(200)
  })

  test('that are nothing are 404', async () => {
    for (const path of [`${all}/1/nothing`, `${all}/1/releaseVersions/2/releaseFiles/3/x`, '/api/updateArchive/1/2']) {
      expectError(await as.admin.get(path), 404, texts.missing, path)
    }
    expectError(
      await as.admin.get(`${all}?x=1`.replace(all, `${all}/1/nothing`)),
      404,
      texts.missing,
      `${all}/1/nothing`,
    )
  })

  test.each([
    ['PATCH', all, 'GET, POST, HEAD, OPTIONS'],
    ['DELETE', all, 'GET, POST, HEAD, OPTIONS'],
    ['POST', `${all}/1`, 'GET, PUT, DELETE, HEAD, OPTIONS'],
    ['GET', `${all}/1/releaseVersions`, 'POST, OPTIONS'],
    ['GET', `${all}/1/releaseVersions/2/releaseFiles`, 'POST, PUT, OPTIONS'],
    ['PUT', `${all}/1/license`, 'GET, POST, HEAD, OPTIONS'],
    ['POST', '/api/feed', 'GET, HEAD, OPTIONS'],
  ])('refuse methods they do not know: %s %s', async (method, path, allow) => {
    const answer = await as.admin.send(method, path)
    expectError(answer, 405, `Request method '${method}' is not supported`, path)
    expect(answer.headers.allow).toBe(allow)
    const options = await as.anonymous.send('OPTIONS', path)
    expect([options.status, options.headers.allow, options.text]).toEqual([200, allow, ''])
  })
})

describe('OPTIONS', () => {
  const download = `${all}/1/releaseVersions/2/releaseFiles/3/download`
  test('of a download needs credentials, unless a browser asks before a request', async () => {
    expectError(await as.anonymous.send('OPTIONS', download), 401, texts.unauthenticated, download)
    const { status, headers } = await as.user.send('OPTIONS', download)
    expect([status, headers.allow]).toEqual([200, 'GET, HEAD, OPTIONS'])
    const preflight = { origin: 'https://anywhere.example.org', 'access-control-request-method': 'GET' }
    expect((await as.anonymous.send('OPTIONS', download, undefined, preflight)).status).toBe(200)
  })

  test('with a wrong password is refused everywhere', async () => {
    const authorization = basicCredentials('user', 'wrong')
    for (const path of [download, all]) {
      expectError(await as.anonymous.send('OPTIONS', path, undefined, { authorization }), 401, 'Bad credentials', path)
    }
  })
})

describe('headers', () => {
  test('forbid caches to keep anything, errors included', async () => {
    for (const path of [all, '/api/feed', `${all}/999999`, `${all}/x`]) {
      expect((await as.anonymous.get(path)).headers).toMatchObject({
        'cache-control': 'no-cache, no-store, max-age=0, must-revalidate',
        pragma: 'no-cache',
        expires: '0',
        'x-content-type-options': 'nosniff',
      })
    }
  })

  test('let scripts of all origins call, without credentials', async () => {
    const origin = 'https://anywhere.example.org'
    const asked = {
      origin,
      'access-control-request-method': 'PUT',
      'access-control-request-headers': 'authorization,x-a',
    }
    for (const path of [all, `${all}/1/license`]) {
      const { status, headers } = await as.anonymous.send('OPTIONS', path, undefined, asked)
      expect(status).toBe(200)
      expect(headers).toMatchObject({
        'access-control-allow-origin': '*',
        'access-control-allow-methods': 'GET, HEAD, POST, PUT, DELETE, OPTIONS',
        'access-control-allow-headers': 'authorization,x-a',
      })
    }
    const { headers } = await as.anonymous.get(all, { origin })
    expect(headers['access-control-allow-origin']).toBe('*')
    expect(headers).not.toHaveProperty('access-control-allow-credentials')
    expect((await as.anonymous.get(`${all}/x`, { origin })).headers['access-control-allow-origin']).toBe('*')
  })

  test('of HEAD are those of GET', async () => {
    const get = await as.admin.get(all)
    const head = await as.admin.send('HEAD', all)
    expect([head.status, head.text, head.headers.etag]).toEqual([200, '', get.headers.etag])
    expect(head.headers['content-type']).toBe('application/json')
  })
})

test('many connections at once: every request is answered, and afterwards all is well', async () => {
  const made = await Promise.all(
    Array.from({ length: 500 }, async (_, index) => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      const headers = {
        authorization: basicCredentials('sweden', 'password of sweden'),
        'content-type': 'application/json',
      }
      const send = (method: string, path: string, body?: string) =>
        httpExchange(running.url, method, path, { headers, agent, ...(body !== undefined && { body }) })
      const answers = [
        await send('POST', all, JSON.stringify({ name: `crowd ${index}` })),
        await send('GET', '/healthz'),
      ]
      agent.destroy()
      return answers
    }),
  )
  expect(made.map(([, health]) => health?.status)).toEqual(Array(500).fill(200))
  const answers = made.map(([answer]) => answer)
  const refused = answers.filter(answer => answer?.status !== 200)
  for (const answer of refused) {
    expect([answer?.status, answer?.headers['retry-after']]).toEqual([503, '1'])
    expect(answer?.body).toMatchObject({ status: 503, error: 'Service Unavailable', path: all })
  }
  // What was refused was not done, and what was let through was, once.
  const packages = (await as.sweden.get(all)).body as { name: string | null }[]
  expect(packages.filter(({ name }) => name?.startsWith('crowd '))).toHaveLength(500 - refused.length)
  expect((await as.sweden.post(all, { name: 'afterwards' })).status).toBe(200)
})
