import { failure } from '@slipway/contracts'
import { describe, expect, test } from 'vitest'
import { type CallContext, rawJson } from '../src/mod.ts'
import { caught, getThing, json } from './support.ts'
import { client, join, serveGet, service, useTwoBuses } from './two-buses.ts'

useTwoBuses('max_payload: 262144')

describe('a call', () => {
  test('carries input and context there, status, headers and bytes back', async () => {
    let context: CallContext | undefined
    await serveGet(async (input, seen) => {
      context = seen
      return {
        status: 201,
        headers: { etag: '"7"', location: 'https://example.org/ä?x=1:2' },
        body: rawJson(`{"id":"${input.id}","name":"Ünïcode"}`),
      }
    })
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const reply = await client.request(
      getThing,
      { id: 'TS_1' },
      { identity: 'token', baseUrl: 'https://example.org', commandId: 'c-1', traceparent, timeoutMs: 3_000 },
    )
    expect(reply.status).toBe(201)
    expect(reply.headers).toEqual({ etag: '"7"', location: 'https://example.org/ä?x=1:2' })
    expect(json(reply.body)).toEqual({ id: 'TS_1', name: 'Ünïcode' })
    expect(context).toMatchObject({
      identity: null,
      identityToken: 'token',
      baseUrl: 'https://example.org',
      commandId: 'c-1',
      traceparent,
    })
    expect(context!.deadline).toBeGreaterThan(Date.now())
    expect(context!.deadline).toBeLessThanOrEqual(Date.now() + 3_000)
  })

  test('without options brings an anonymous context with a trace of its own', async () => {
    const traces: (string | undefined)[] = []
    await serveGet(async (_input, { traceparent, identity, identityToken, commandId }) => {
      expect([identity, identityToken, commandId]).toEqual([null, undefined, undefined])
      traces.push(traceparent)
      return { body: { id: '1', name: 'one' } }
    })
    expect(await client.call(getThing, { id: '1' })).toEqual({ id: '1', name: 'one' })
    await client.call(getThing, { id: '1' }, { traceparent: 'no trace' })
    expect(traces[0]).toMatch(/^00-[\da-f]{32}-[\da-f]{16}-01$/)
    expect(traces[1]).toMatch(/^00-/)
    expect(traces[1]).not.toBe(traces[0])
  })

  test('answers 200 with a body and 204 without unless a status is given', async () => {
    let answer: object = { body: { id: 'a', name: 'b' } }
    await serveGet(async () => answer)
    expect((await client.request(getThing, { id: '1' })).status).toBe(200)
    answer = {}
    expect(await client.request(getThing, { id: '1' })).toMatchObject({ status: 204, headers: {}, body: { length: 0 } })
    answer = { status: 200 }
    expect((await client.request(getThing, { id: '1' })).status).toBe(200)
    answer = { status: 304, headers: { etag: 'W/"x"' } }
    expect(await client.request(getThing, { id: '1' })).toMatchObject({ status: 304, headers: { etag: 'W/"x"' } })
    answer = { body: { raw: new Uint8Array([0, 255, 128]) } }
    expect([...(await client.request(getThing, { id: '1' })).body]).toEqual([0, 255, 128])
    answer = { body: { raw: 'field of the resource', id: 'x' } }
    expect(json((await client.request(getThing, { id: '1' })).body)).toEqual({ raw: 'field of the resource', id: 'x' })
  })

  test('parses the answer and refuses one of another shape', async () => {
    let body: object = { id: '1', name: 'n', more: true }
    await serveGet(async () => ({ body }))
    expect(await client.call(getThing, { id: '1' })).toEqual({ id: '1', name: 'n' })
    body = { id: '1' }
    expect((await caught(client.call(getThing, { id: '1' }))).code).toBe('bad_upstream')
    body = rawJson('{"id":')
    expect((await caught(client.call(getThing, { id: '1' }))).code).toBe('bad_upstream')
  })

  test('goes to one of the replicas of a queue group', async () => {
    const replica = await join('registry')
    const counts = [0, 0]
    for (const [index, bus] of [service, replica].entries()) {
      await serveGet(
        async () => {
          counts[index]! += 1
          return { body: { id: '1', name: String(index) } }
        },
        {},
        bus,
      )
    }
    await Promise.all(Array.from({ length: 100 }, () => client.call(getThing, { id: '1' })))
    expect(counts[0]! + counts[1]!).toBe(100)
    expect(Math.min(...counts)).toBeGreaterThan(10)
  })

  test('in great number keeps answers and callers together', async () => {
    await serveGet(async ({ id }) => {
      if (Number(id) % 3 === 0) await new Promise(resolve => setImmediate(resolve))
      return { body: { id, name: `n${id}` } }
    })
    const ids = Array.from({ length: 1_000 }, (_, index) => String(index))
    const answers = await Promise.all(ids.map(id => client.call(getThing, { id })))
    expect(answers.map(answer => answer.name)).toEqual(ids.map(id => `n${id}`))
  })

  test('in a way it was not declared for is a mistake of the program', async () => {
    await expect(client.request({ ...getThing, flow: 'streamed-answer' }, { id: '1' })).rejects.toThrow(TypeError)
  })
})

describe('identity', () => {
  const identity = {
    subject: '1',
    login: 'ada',
    kind: 'user' as const,
    roles: [],
    groups: [],
    permissions: [],
    member: null,
    superuser: false,
  }

  test('is what `identify` makes of the token; what it throws is the answer', async () => {
    await serveGet(async (_input, context) => ({ body: { id: context.identity?.login ?? 'nobody', name: '' } }), {
      async identify(token) {
        if (token === 'broken') throw new Error('key store is gone')
        if (token !== 'good') throw failure('unauthenticated', 'Token expired.')
        return identity
      },
    })
    expect((await client.call(getThing, { id: '1' })).id).toBe('nobody')
    expect((await client.call(getThing, { id: '1' }, { identity: 'good' })).id).toBe('ada')
    expect(await caught(client.call(getThing, { id: '1' }, { identity: 'old' }))).toMatchObject({
      code: 'unauthenticated',
      status: 401,
      message: 'Token expired.',
    })
    expect((await caught(client.call(getThing, { id: '1' }, { identity: 'broken' }))).code).toBe('internal')
  })
})

test('an answer may be made piece by piece, and comes whole', async () => {
  async function* pieces(id: string, size: number) {
    yield Buffer.from(`{"id":"${id}","name":"`)
    for (let piece = 0; piece < size; piece += 1) yield Buffer.alloc(100_000, 'x')
    yield Buffer.from('"}')
  }
  await serveGet(async ({ id }) => ({ status: 201, headers: { etag: '"7"' }, body: pieces(id, Number(id)) }))
  for (const id of ['1', '9']) {
    const { status, headers, body } = await client.request(getThing, { id })
    expect([status, headers]).toEqual([201, { etag: '"7"' }])
    expect(json(body)).toEqual({ id, name: 'x'.repeat(Number(id) * 100_000) })
  }
  // Programs that know nothing of streams get what fits one message.
  const { status, body } = await client.requestRaw(getThing.subject, Buffer.from('{"id":"1"}'))
  expect([status, body.length]).toEqual([201, 100_020])
  expect(await caught(client.requestRaw(getThing.subject, Buffer.from('{"id":"9"}')))).toMatchObject({
    code: 'internal',
    message: expect.stringContaining('one message'),
  })
})
