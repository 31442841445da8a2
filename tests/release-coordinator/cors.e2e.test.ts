import { describe, expect, test } from 'vitest'
import { api } from './support/api.ts'
import { given } from './support/given.ts'

const { anonymous, admin } = api

const good = [
  'https://kf-release-coord.kidsfirstdrc.org',
  'http://kf-ui-release-coordinator-dev.kidsfirstdrc.org',
  'https://portal.kids-first.io',
  'https://deploy-preview-17--kf-ui-release-coordinator.netlify.com',
  'https://kf-ui-release-coordinator.netlify.app',
]
const bad = [
  'https://example.org',
  'https://kidsfirstdrc.org.example.org',
  'https://notkidsfirstdrc.org',
  'https://netlify.app.example.org',
  'http://localhost:3000',
  'null',
]
const paths = [
  '/tasks',
  '/tasks/TA_00000000',
  '/tasks/status_checks',
  '/task-services',
  '/task-services/health_checks',
  '/releases',
  '/releases/RE_00000000',
  '/releases/RE_00000000/publish',
  '/release-notes/RN_00000000',
  '/events',
  '/studies',
  '/studies/sync',
  '/',
]

const preflight = (path: string, origin: string, method = 'PATCH') =>
  anonymous.send('OPTIONS', path, {
    headers: {
      origin,
      'access-control-request-method': method,
      'access-control-request-headers': 'authorization,content-type',
    },
  })

describe('a preflight', () => {
  test.each(paths)('of %s is answered', async path => {
    const { status, headers } = await preflight(path, good[0] as string)
    expect([200, 204]).toContain(status)
    expect(headers['access-control-allow-origin']).toBe(good[0])
    expect(headers['access-control-allow-credentials']).toBe('true')
    const methods = headers['access-control-allow-methods']?.split(/, ?/)
    expect(methods).toEqual(expect.arrayContaining(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']))
    const names = headers['access-control-allow-headers']?.toLowerCase().split(/, ?/)
    expect(names).toEqual(expect.arrayContaining(['authorization', 'content-type']))
  })

  test.each(good)('from %s may go on', async origin => {
    expect((await preflight('/releases', origin, 'POST')).headers['access-control-allow-origin']).toBe(origin)
  })

  test.each(bad)('from %s may not', async origin => {
    const { status, headers } = await preflight('/releases', origin, 'POST')
    expect(status).toBeLessThan(500)
    expect(headers).not.toHaveProperty('access-control-allow-origin')
  })
})

describe('a request of a script', () => {
  test.each(good)('from %s may read the answer', async origin => {
    const { status, headers } = await anonymous.send('GET', '/releases', { headers: { origin } })
    expect(status).toBe(200)
    expect(headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
      vary: expect.stringMatching(/\bOrigin\b/i),
    })
    expect(headers.vary).toMatch(/\bAccept\b/)
  })

  test.each(bad)('from %s may not, though it is answered', async origin => {
    const { status, headers } = await anonymous.send('GET', '/releases', { headers: { origin } })
    expect(status).toBe(200)
    expect(headers).not.toHaveProperty('access-control-allow-origin')
  })

  test('may read errors, too', async () => {
    const headers = { origin: good[0] as string }
    const { kf_id } = await given(api).event()
    const answers = [
      [await anonymous.send('POST', '/releases', { headers }), 403],
      [await anonymous.send('GET', '/releases/RE_00000000', { headers }), 404],
      [await anonymous.send('GET', '/no/such/path', { headers }), 404],
      [await anonymous.send('PUT', '/studies', { headers }), 405],
      [await admin.send('DELETE', `/events/${kf_id}`, { headers }), 204],
    ] as const
    for (const [answer, status] of answers) {
      expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([status, good[0]])
    }
  })
})

test('without an origin there is no word of origins', async () => {
  expect((await anonymous.get('/releases')).headers).not.toHaveProperty('access-control-allow-origin')
})
