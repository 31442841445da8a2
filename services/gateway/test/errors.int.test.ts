import {
  type ErrorCode,
  failure,
  invalid,
  logEventOperations,
  releaseOperations,
  studyOperations,
  taskOperations,
} from '@slipway/contracts'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { request } from './http-client.ts'
import { adminToken, type Platform, startPlatform } from './platform.ts'

let platform: Platform
beforeAll(async () => {
  platform = await startPlatform()
})
afterAll(() => platform?.[Symbol.asyncDispose]())
afterEach(() => platform.services.reset())

const admin = { authorization: `Bearer ${adminToken}` }
const fail = (error: Error) => () => {
  throw error
}

describe('what services refuse', () => {
  test.each<[ErrorCode, string, number, unknown]>([
    ['unauthenticated', 'Authentication credentials were not provided.', 403, undefined],
    ['forbidden', 'Must be an admin', 403, undefined],
    ['not_found', 'There is no release RE_1.', 404, { detail: 'Not found.' }],
    ['refused', 'The release in state running may not be published.', 400, undefined],
    ['conflict', 'Somebody was faster.', 409, undefined],
    ['key_reused', 'The idempotency key was used for a different request.', 422, undefined],
    ['too_large', 'Too large.', 413, undefined],
    ['internal', 'secret detail', 500, { detail: 'A server error occurred.' }],
    ['bad_upstream', 'The service gave no answer.', 502, undefined],
    ['timeout', 'Not in time.', 504, undefined],
  ])('%s', async (code, message, status, body) => {
    platform.services.script(releaseOperations.get, fail(failure(code, message)))
    const answer = await request(platform.port, '/releases/RE_1')
    expect([answer.status, answer.json]).toEqual([status, body ?? { detail: message }])
    expect(answer.headers).toMatchObject({ 'content-type': 'application/json', vary: 'Accept', allow: /^GET, PUT/ })
    expect([answer.headers['www-authenticate'], answer.headers['retry-after']]).toEqual([undefined, undefined])
  })

  test.each<[ErrorCode, number | undefined, number, string]>([
    ['busy', undefined, 503, '1'],
    ['busy', 7, 503, '7'],
    ['unavailable', undefined, 503, '1'],
    ['rate_limited', 30, 429, '30'],
  ])('%s says when to come again', async (code, retryAfter, status, header) => {
    const error = failure(code, 'Later.', retryAfter === undefined ? {} : { retryAfter })
    platform.services.script(releaseOperations.get, fail(error))
    const answer = await request(platform.port, '/releases/RE_1')
    expect([answer.status, answer.headers['retry-after']]).toEqual([status, header])
    const throttled = 'Request was throttled. Expected available in 30 seconds.'
    expect(answer.json).toEqual({ detail: status === 429 ? throttled : 'Later.' })
  })

  test('fields, items of lists, and the body as a whole', async () => {
    platform.services.script(
      releaseOperations.get,
      fail(
        invalid([
          { path: ['name'], reason: 'a', message: 'One.' },
          { path: ['name'], reason: 'b', message: 'Two.' },
          { path: ['tags', '0'], reason: 'c', message: 'Three.' },
          { path: ['tags', 2], reason: 'd', message: 'Four.' },
          { path: [], reason: 'e', message: 'Five.' },
          { path: ['__proto__'], reason: 'f', message: 'Six.' },
        ]),
      ),
    )
    const answer = await request(platform.port, '/releases/RE_1')
    expect(answer.status).toBe(400)
    expect(answer.text).toBe(
      '{"name":["One.","Two."],"tags":{"0":["Three."],"2":["Four."]},"non_field_errors":["Five."],"__proto__":["Six."]}',
    )
  })

  test('a filter for something unknown', async () => {
    const message = 'Select a valid choice. That choice is not one of the available choices.'
    platform.services.script(taskOperations.list, fail(invalid([{ path: ['release'], reason: 'x', message }])))
    const answer = await request(platform.port, '/tasks?release=RE_00000000')
    expect([answer.status, answer.json]).toEqual([400, { release: [message] }])
  })

  test('an exception of a handler tells nothing of itself', async () => {
    platform.services.script(releaseOperations.get, fail(new TypeError('secret')))
    const answer = await request(platform.port, '/releases/RE_1')
    expect([answer.status, answer.text]).toEqual([500, '{"detail":"A server error occurred."}'])
  })

  test('canceling an unknown release has an empty object, other faults of it have not', async () => {
    const cancel = () => request(platform.port, '/releases/RE_1', { method: 'DELETE', headers: admin })
    platform.services.script(releaseOperations.cancel, fail(failure('not_found', 'No.')))
    expect(await cancel()).toMatchObject({ status: 404, json: {} })
    platform.services.script(releaseOperations.cancel, fail(failure('forbidden', 'Must be an admin')))
    expect(await cancel()).toMatchObject({ status: 403, json: { detail: 'Must be an admin' } })
  })

  test('a data service that fails', async () => {
    const message = 'There was an error getting studies from the dataservice'
    platform.services.script(studyOperations.sync, fail(failure('bad_upstream', message, { status: 503 })))
    const answer = await request(platform.port, '/studies/sync', { method: 'POST' })
    expect([answer.status, answer.json]).toEqual([503, { status: 'error', message }])
  })
})

describe('the bus', () => {
  test('a request that is too large for the bus', async () => {
    const other = await platform.startReplica({ SLIPWAY_BODY_LIMIT: '40000000' })
    const body = JSON.stringify({ message: 'x'.repeat(34_000_000) })
    const headers = { 'content-type': 'application/json' }
    const answer = await request(other.port, '/events', { method: 'POST', body, headers })
    expect([answer.status, answer.json]).toEqual([413, { detail: expect.any(String) }])
  })

  test('a service that does not answer in time', async () => {
    platform.services.script(logEventOperations.get, () => new Promise(() => {}))
    const answer = await request(platform.port, '/events/EV_1')
    expect([answer.status, answer.json]).toEqual([504, { detail: expect.any(String) }])
  })

  test('no service', async () => {
    await platform.services.bus.drainServers(100)
    const answer = await request(platform.port, '/releases')
    expect([answer.status, answer.headers['retry-after'], answer.json]).toEqual([
      503,
      '1',
      { detail: expect.any(String) },
    ])
    expect((await request(platform.port, '/')).status).toBe(200)
  })
})
