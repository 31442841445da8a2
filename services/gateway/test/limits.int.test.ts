import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { releaseOperations } from '@slipway/contracts'
import { eventually } from '@slipway/testing'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { readEvents } from './event-reader.ts'
import { request } from './http-client.ts'
import { adminToken, type Platform, startPlatform } from './platform.ts'

let platform: Platform
beforeAll(async () => {
  platform = await startPlatform({
    SLIPWAY_TRUST_PROXY: '127.0.0.1',
    SLIPWAY_STREAMS_PER_ADDRESS: '3',
    SLIPWAY_STREAMS_PER_ACCOUNT: '2',
    SLIPWAY_HEAD_SECONDS: '1',
    SLIPWAY_BODY_SECONDS: '1',
    SLIPWAY_BODY_RATE: '1000',
    SLIPWAY_CONNECTIONS_PER_ADDRESS: '5',
    SLIPWAY_REQUESTS: '40',
    SLIPWAY_REQUESTS_PER_ADDRESS: '30',
    SLIPWAY_CALLS: '4',
    SLIPWAY_CALL_WAIT_MS: '300',
  })
})
afterAll(() => platform?.[Symbol.asyncDispose]())
afterEach(() => platform.services.reset())

const from = (address: string, headers = {}) => ({ ...headers, 'x-forwarded-for': address })
const admin = { authorization: `Bearer ${adminToken}` }

/** A connection of its own, from an address that is no proxy unless said otherwise. */
async function open(localAddress = '127.0.0.1'): Promise<Socket> {
  const socket = connect({ port: platform.port, host: '127.0.0.1', localAddress })
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

/** What comes until the connection ends, however it does: whoever still writes by then may have it reset. */
async function answerOf(socket: Socket): Promise<string> {
  let answer = ''
  socket.setEncoding('utf8').on('data', piece => {
    answer += piece
  })
  await new Promise(resolve => socket.once('close', resolve))
  return answer
}

/** Of whom nobody knows more than that there are many. */
const newAddress = (() => {
  let last = 0
  return () => `198.51.100.${++last}`
})()

describe('streams', () => {
  test('of one address, and of one account, leave places for others', async () => {
    const anonymous = await Promise.all(
      Array.from({ length: 10 }, () => readEvents(platform.port, '/events/stream', from('192.0.2.1'))),
    )
    expect(anonymous.filter(({ status }) => status === 200)).toHaveLength(3)
    const refused = anonymous.filter(({ status }) => status === 429)
    expect(refused).toHaveLength(7)
    for (const { headers } of refused) expect(headers['retry-after']).toBe('5')
    const users = await Promise.all(
      Array.from({ length: 5 }, (_, index) =>
        readEvents(
          platform.port,
          '/events/stream',
          from(`192.0.2.${10 + index}`, { authorization: 'Bearer token-of-user' }),
        ),
      ),
    )
    expect(users.map(({ status }) => status).sort()).toEqual([200, 200, 429, 429, 429])
    const other = await readEvents(platform.port, '/events/stream', from('192.0.2.9'))
    expect(other.status).toBe(200)
    for (const reader of [...anonymous, ...users, other]) reader.close()
    await eventually(async () => {
      const again = await readEvents(platform.port, '/events/stream', from('192.0.2.1'))
      again.close()
      return again.status === 200
    })
  })

  test('an address that only the client names counts for nothing', async () => {
    const streams = await Promise.all(
      Array.from({ length: 4 }, async (_, index) => {
        const socket = await open('127.0.0.7')
        socket.write(`GET /events/stream HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.${index}\r\n\r\n`)
        const [head] = (await once(socket, 'data')) as [Buffer]
        return { socket, status: head.toString('latin1').slice(9, 12) }
      }),
    )
    expect(streams.map(({ status }) => status).sort()).toEqual(['200', '200', '200', '429'])
    for (const { socket } of streams) socket.destroy()
  })
})

describe('slowness', () => {
  test.each(['', 'GET / HTTP/1.1\r\nHost: x\r\nX-Slow: '])('a head that does not end (%j)', async head => {
    const socket = await open()
    socket.write(head)
    expect(await text(socket)).toMatch(/^(?:$|HTTP\/1\.1 408 )/)
  })

  const bearer = `Authorization: Bearer ${adminToken}`
  test.each([
    ['/events', '', { detail: expect.any(String) }],
    ['/rest_api/v1/products/', `Authorization: Token ${adminToken}`, { detail: expect.any(String) }],
    ['/orgs/', bearer, { detail: expect.any(String) }],
    ['/api/register', '', { status: 408, error: 'Request Timeout', path: '/api/register' }],
    ['/api/v1/accounts', bearer, { error: { code: 'malformed', message: expect.any(String) } }],
    ['/importers/bulk-import/', bearer, { detail: expect.any(String) }],
    ['/api/releasePackages/1/license', bearer, { status: 408 }],
  ])('a body to %s that trickles', async (path, authorization, body) => {
    const socket = await open()
    const type = /import|license/.test(path) ? 'multipart/form-data; boundary=X' : 'application/json'
    const head = [`POST ${path} HTTP/1.1`, 'Host: x', `Content-Type: ${type}`, 'Content-Length: 100000', authorization]
    socket.write(`${head.filter(line => line !== '').join('\r\n')}\r\n\r\n`)
    const trickle = setInterval(() => socket.write(' '), 100)
    const answer = await answerOf(socket)
    clearInterval(trickle)
    expect(answer).toMatch(/^HTTP\/1\.1 408 /)
    expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))).toMatchObject(body)
  })

  test('a body that comes fast enough may take long', async () => {
    const socket = await open()
    const bytes = `{"message":"m"${' '.repeat(7_000)}`
    socket.write(`POST /events HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${bytes.length + 1}\r\n\r\n`)
    let sent = 0
    const steady = setInterval(() => {
      socket.write(bytes.slice(sent, sent + 200))
      sent += 200
      if (sent < bytes.length) return
      clearInterval(steady)
      socket.write('}')
    }, 100)
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 201 /)
  })
})

describe('connections', () => {
  test('of one address leave others alone', async () => {
    const opened = await Promise.all(Array.from({ length: 5 }, () => open('127.0.0.8')))
    expect(await text(await open('127.0.0.8'))).toMatch(/^HTTP\/1\.1 429 [\s\S]*Retry-After: 5/)
    for (const address of ['127.0.0.9', '127.0.0.1']) {
      const socket = await open(address)
      socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
      expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 /)
    }
    for (const socket of opened) socket.destroy()
  })
})

describe('overload', () => {
  /** Calls that nobody answers until it is said. */
  function holdCalls() {
    const { promise, resolve } = Promise.withResolvers<void>()
    const counts = { running: 0, most: 0, all: 0 }
    platform.services.script(releaseOperations.get, async () => {
      counts.all += 1
      counts.most = Math.max(counts.most, ++counts.running)
      await promise
      counts.running -= 1
      return {}
    })
    return { counts, release: resolve }
  }

  test('every request is answered, most of them early, and afterwards all is well', async () => {
    const { counts, release } = holdCalls()
    const asked = Array.from({ length: 200 }, (_, index) =>
      request(platform.port, '/releases/RE_1', { headers: from(`198.51.100.${index % 50}`) }),
    )
    // Who is not admitted, and who waits too long for a turn, is answered while the others still wait.
    let early = 0
    for (const one of asked) void one.then(() => early++)
    await eventually(() => early === 196)
    expect(counts).toMatchObject({ all: 4, most: 4 })
    const health = await Promise.all(['/healthz', '/readyz'].map(path => request(platform.port, path)))
    expect(health.map(({ status }) => status)).toEqual([200, 200])
    expect((await request(platform.port, '/events', { headers: from(newAddress()) })).status).toBe(200)
    release()
    const answers = await Promise.all(asked)
    expect(answers.filter(({ status }) => status === 204)).toHaveLength(4)
    const shed = answers.filter(({ status }) => status !== 204)
    for (const answer of shed) {
      expect(answer).toMatchObject({
        status: 503,
        headers: { 'retry-after': '1' },
        json: { detail: expect.any(String) },
      })
    }
    expect((await request(platform.port, '/releases/RE_1', { headers: from(newAddress()) })).status).toBe(204)
  })

  test('one address cannot have everything under way', async () => {
    const patient = await platform.startReplica({ SLIPWAY_CALL_WAIT_MS: '60000' })
    const { release } = holdCalls()
    const ask = (address: string) => request(patient.port, '/releases/RE_1', { headers: from(address) })
    const asked = Array.from({ length: 60 }, () => ask('192.0.2.77'))
    let early = 0
    for (const one of asked) void one.then(() => early++)
    await eventually(() => early === 30)
    const other = ask('192.0.2.78')
    release()
    const answers = [...(await Promise.all(asked)), await other]
    expect(answers.filter(({ status }) => status === 204)).toHaveLength(31)
    const refused = answers.filter(({ status }) => status === 429)
    expect(refused).toHaveLength(30)
    for (const { headers } of refused) expect(headers['retry-after']).toBe('1')
    await patient.stop()
  })

  test('whoever leaves in the middle takes no place with him', async () => {
    const small = await platform.startReplica({ SLIPWAY_REQUESTS: '2', SLIPWAY_CALLS: '10' })
    const { counts, release } = holdCalls()
    for (let round = 1; round <= 3; round++) {
      const sockets = [0, 1].map(() => connect({ port: small.port, host: '127.0.0.1' }))
      for (const socket of sockets) socket.write('GET /releases/RE_1 HTTP/1.1\r\nHost: x\r\n\r\n')
      await eventually(() => counts.all === 2 * round)
      for (const socket of sockets) socket.destroy()
      await eventually(async () => (await request(small.port, '/')).status === 200)
    }
    release()
    await small.stop()
  })

  test.each([
    ['/releases', {}, { detail: expect.any(String) }],
    ['/no/such/path', {}, { detail: expect.any(String) }],
    ['/rest_api/v1/releases/', {}, { detail: expect.any(String) }],
    ['/rest_api/v1/no-such-thing/', {}, { detail: expect.any(String) }],
    ['/orgs/', {}, { detail: expect.any(String) }],
    ['/importers/bulk-import/', {}, { detail: expect.any(String) }],
    ['/api/releasePackages', {}, { status: 503, error: 'Service Unavailable', path: '/api/releasePackages' }],
    ['/api/v1/tasks/1', admin, { error: { message: expect.any(String) } }],
    ['/api/v1/accounts', admin, { error: { code: 'busy' } }],
    ['/events/stream', {}, { error: { code: 'busy' } }],
    ['/openapi.json', {}, { error: { code: 'busy' } }],
  ])('%s is refused in the shape of its API', async (path, headers, body) => {
    const full = await platform.startReplica({ SLIPWAY_REQUESTS: '1' })
    const { release } = holdCalls()
    const first = request(full.port, '/releases/RE_1')
    await eventually(() => platform.services.calls.length > 0)
    const answer = await request(full.port, path, { headers })
    expect([answer.status, answer.headers['retry-after'], answer.json]).toMatchObject([503, '1', body])
    release()
    await first
    await full.stop()
  })
})
