import { releaseOperations } from '@slipway/contracts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { request } from './http-client.ts'
import { adminToken, type Platform, startPlatform } from './platform.ts'

let platform: Platform
beforeAll(async () => {
  platform = await startPlatform()
})
afterAll(() => platform?.[Symbol.asyncDispose]())

const admin = { authorization: `Bearer ${adminToken}` }
const user = { authorization: 'Bearer token-of-user' }
const ask = (method: string, path: string, headers: Record<string, string> = {}) =>
  request(platform.port, path, { method, headers })

const list = 'GET, POST, HEAD, OPTIONS'
const item = 'GET, PUT, PATCH, DELETE, HEAD, OPTIONS'
const readOnly = 'GET, HEAD, OPTIONS'
const action = 'POST, OPTIONS'

const paths = [
  ['/', readOnly],
  ['/tasks', 'GET, POST, HEAD'],
  ['/tasks/TA_00000000', 'GET, HEAD, PUT, PATCH'],
  ['/tasks/status_checks', 'POST'],
  ['/task-services', list],
  ['/task-services/TS_00000000', item],
  ['/task-services/health_checks', action],
  ['/task-services/TS_00000000/health-checks', readOnly],
  ['/releases', list],
  ['/releases/RE_00000000', item],
  ['/releases/RE_00000000/publish', action],
  ['/releases/status_checks', action],
  ['/release-notes', list],
  ['/release-notes/RN_00000000', item],
  ['/events', list],
  ['/events/EV_00000000', item],
  ['/studies', readOnly],
  ['/studies/SD_00000000', readOnly],
  ['/studies/sync', action],
  ['/studies/SD_00000000/releases', readOnly],
  ['/studies/SD_00000000/releases/RE_00000000', readOnly],
] as const

describe.each(paths)('%s', (path, allow) => {
  test('says what it allows, on success and on failure', async () => {
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      const answer = await ask(method, path, admin)
      expect([method, answer.headers.allow, answer.headers.vary]).toEqual([method, allow, 'Accept'])
      expect([method, answer.status === 405]).toEqual([method, !allow.includes(method)])
      if (answer.status === 405) expect(answer.json).toEqual({ detail: `Method "${method}" not allowed.` })
    }
  })

  test('answers HEAD like GET, without a body', async () => {
    const [head, get] = [await ask('HEAD', path), await ask('GET', path)]
    expect([head.status, head.text, head.headers['content-type']]).toEqual([
      get.status,
      '',
      get.headers['content-type'],
    ])
    expect(Number(head.headers['content-length'])).toBeGreaterThan(0)
  })

  test('does not exist with a slash at its end', async () => {
    if (path === '/') return
    for (const method of ['GET', 'POST', 'DELETE']) {
      const answer = await ask(method, `${path}/`, admin)
      expect([answer.status, answer.json]).toEqual([404, { detail: 'Not found.' }])
    }
  })

  test('takes preflights', async () => {
    const headers = {
      origin: 'https://portal.kidsfirstdrc.org',
      'access-control-request-method': 'PATCH',
      'access-control-request-headers': 'authorization,content-type',
    }
    const answer = await ask('OPTIONS', path, headers)
    expect(answer).toMatchObject({
      status: 200,
      text: '',
      headers: {
        'access-control-allow-origin': 'https://portal.kidsfirstdrc.org',
        'access-control-allow-credentials': 'true',
        'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS',
      },
    })
    expect(answer.headers['access-control-allow-headers']).toMatch(/authorization.*content-type/)
  })
})

describe('a method that a path does not know', () => {
  const missing = { detail: 'Authentication credentials were not provided.' }
  test.each([
    ['DELETE', '/tasks/TA_1', missing, 'Must be an admin'],
    ['DELETE', '/tasks', missing, 'Must be an admin'],
    ['PUT', '/tasks/status_checks', missing, 'Must be an admin'],
    ['DELETE', '/task-services', missing, 'Must be a developer'],
    ['PATCH', '/task-services/health_checks', missing, 'Must be a developer'],
    ['PUT', '/releases', missing, 'Not allowed'],
    ['PATCH', '/releases/RE_1/publish', missing, 'Not allowed'],
    ['PATCH', '/release-notes', missing, 'Must be an admin'],
  ])('%s %s: 403 for whoever may not write there, 405 for others', async (method, path, anonymous, text) => {
    const allow = method === 'HEAD' ? undefined : expect.any(String)
    expect(await ask(method, path)).toMatchObject({ status: 403, json: anonymous, headers: { allow } })
    expect(await ask(method, path, user)).toMatchObject({ status: 403, json: { detail: text } })
    expect(await ask(method, path, admin)).toMatchObject({ status: 405 })
  })

  test.each([
    ['POST', '/studies'],
    ['DELETE', '/studies/SD_1'],
    ['PUT', '/studies/sync'],
    ['POST', '/'],
    ['PUT', '/events'],
    ['GET', '/releases/RE_1/publish'],
    ['GET', '/tasks/status_checks'],
    ['OPTIONS', '/tasks'],
    ['OPTIONS', '/tasks/TA_1'],
  ])('%s %s: 405 for everybody, because everybody may ask', async (method, path) => {
    expect(await ask(method, path)).toMatchObject({ status: 405, json: { detail: `Method "${method}" not allowed.` } })
  })

  test('a developer may ask what a developer may do', async () => {
    const dev = { authorization: 'Bearer token-of-dev' }
    expect(await ask('DELETE', '/task-services', dev)).toMatchObject({ status: 405 })
    expect(await ask('DELETE', '/tasks', dev)).toMatchObject({ status: 403, json: { detail: 'Must be an admin' } })
  })
})

describe('OPTIONS', () => {
  test('describes the path, and its fields for those who may write them', async () => {
    const description = { name: 'Release List', parses: expect.arrayContaining(['multipart/form-data']) }
    const anonymous = await ask('OPTIONS', '/releases')
    expect(anonymous).toMatchObject({ status: 200, json: description })
    expect(anonymous.json).not.toHaveProperty('actions')
    expect((await ask('OPTIONS', '/releases', admin)).json).toMatchObject({
      actions: {
        POST: {
          name: { type: 'string', required: true, read_only: false, label: 'Name', max_length: 256 },
          tags: { type: 'list', required: false },
        },
      },
    })
  })

  test('from an origin, without asking for a method, is no preflight', async () => {
    const answer = await ask('OPTIONS', '/releases', { origin: 'https://portal.kidsfirstdrc.org' })
    expect(answer.json).toMatchObject({ name: 'Release List' })
    expect(answer.headers.vary).toBe('Accept, Origin')
  })
})

describe('origins', () => {
  test.each([
    'https://kf-ui.kidsfirstdrc.org',
    'http://kidsfirstdrc.org',
    'https://a.b.kids-first.io',
    'https://deploy-preview-1.netlify.com',
    'https://x.netlify.app',
  ])('%s may read answers, errors included', async origin => {
    for (const path of ['/releases', '/nowhere', '/studies/']) {
      const { headers } = await ask('GET', path, { origin })
      expect(headers['access-control-allow-origin']).toBe(origin)
      expect(headers['access-control-allow-credentials']).toBe('true')
      expect(headers.vary).toBe('Accept, Origin')
    }
  })

  test.each(['https://evil.org', 'https://kidsfirstdrc.org.evil.org', 'https://evilkidsfirstdrc.org', 'null'])(
    '%s may not',
    async origin => {
      const answer = await ask('GET', '/releases', { origin })
      expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([200, undefined])
      const preflight = await ask('OPTIONS', '/releases', { origin, 'access-control-request-method': 'POST' })
      expect(preflight.headers['access-control-allow-methods']).toBeUndefined()
    },
  )
})

describe('Accept', () => {
  test.each(['*/*', 'application/json', 'text/html,application/xhtml+xml,*/*;q=0.8', 'application/*', 'text/html'])(
    '%s is satisfied',
    async accept => {
      const answer = await ask('GET', '/releases', { accept })
      expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/json'])
    },
  )

  test.each(['application/xml', 'text/csv, image/*', 'nonsense'])('%s is not', async accept => {
    const answer = await ask('GET', '/releases', { accept })
    expect([answer.status, answer.json]).toEqual([406, { detail: 'Could not satisfy the request Accept header.' }])
    // It comes before everything else.
    expect((await ask('DELETE', '/tasks', { accept })).status).toBe(406)
  })
})

describe('paths', () => {
  test('the root lists the lists', async () => {
    const base = `http://127.0.0.1:${platform.port}`
    expect((await ask('GET', '/')).json).toEqual({
      tasks: `${base}/tasks`,
      'task-services': `${base}/task-services`,
      releases: `${base}/releases`,
      'release-notes': `${base}/release-notes`,
      events: `${base}/events`,
      studies: `${base}/studies`,
    })
  })

  test.each(['/nowhere', '/releases/RE_1/nothing', '//releases', '/Releases', '/tasks/TA_1/'])(
    '%s does not exist',
    async path => {
      const answer = await ask('GET', path)
      expect([answer.status, answer.json]).toEqual([404, { detail: 'Not found.' }])
    },
  )

  test('an id that nobody can have is not found, whatever it holds', async () => {
    for (const id of [`RE_${'X'.repeat(2000)}`, 'RE_%00', 'a%2Fb%00']) {
      expect(await ask('GET', `/releases/${id}`)).toMatchObject({ status: 404, json: { detail: 'Not found.' } })
    }
  })

  test('ids and links reach the service as the client wrote them', async () => {
    platform.services.script(releaseOperations.get, call => ({ body: call }))
    const { json } = await request(platform.port, '/releases/RE%5FC6PTRN2K?limit=100', {
      headers: { host: 'releases.example.org:8443', 'x-forwarded-host': 'evil.org' },
    })
    expect(json).toMatchObject({ input: { kf_id: 'RE_C6PTRN2K' }, baseUrl: 'http://releases.example.org:8443' })
    platform.services.reset()
  })
  test('links start with the configured address, or with what a trusted proxy was asked for', async () => {
    const headers = { host: 'inner:1', 'x-forwarded-host': 'outer.example.org', 'x-forwarded-proto': 'https' }
    for (const [env, base] of [
      [{}, 'http://inner:1'],
      [{ SLIPWAY_TRUST_PROXY: 'true' }, 'https://outer.example.org'],
      [{ SLIPWAY_TRUST_PROXY: '127.0.0.0/8' }, 'https://outer.example.org'],
      [{ SLIPWAY_TRUST_PROXY: '10.0.0.0/8' }, 'http://inner:1'],
      [{ SLIPWAY_PUBLIC_URL: 'https://public.example.org/' }, 'https://public.example.org'],
    ] as const) {
      const other = await platform.startReplica(env)
      const answer = await request(other.port, '/', { headers })
      expect(answer.json).toMatchObject({ tasks: `${base}/tasks` })
      await other.stop()
    }
  })

  test('a Host that would make strange links, and a path that cannot be decoded, are refused', async () => {
    for (const host of ['a b', 'evil.org/path', 'x@evil.org', '"']) {
      expect(await request(platform.port, '/releases', { headers: { host } })).toMatchObject({
        status: 400,
        json: { detail: 'Invalid Host header.' },
      })
    }
    expect((await ask('GET', '/releases/%zz')).status).toBe(404)
  })
})
