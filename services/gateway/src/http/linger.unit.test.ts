import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { type FastifyInstance, fastify } from 'fastify'
import { afterAll, expect, onTestFinished, test, vi } from 'vitest'
import { lingerAfterAnswers } from './linger.ts'

const opened: FastifyInstance[] = []
afterAll(() => Promise.all(opened.map(app => app.close())))

async function serve(lingerMs?: number): Promise<number> {
  const app = fastify()
  opened.push(app)
  lingerAfterAnswers(app, lingerMs)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
  app.post('/refused', async (request, reply) => {
    await once(request.body as NodeJS.ReadableStream, 'readable')
    return reply.code(413).send('enough')
  })
  app.post('/unread', async (_request, reply) => reply.code(401).send('who?'))
  app.get('/', async () => 'here')
  await app.listen({ host: '127.0.0.1', port: 0 })
  return (app.server.address() as AddressInfo).port
}

/** The pause after which a connection is given up passes only when a test says so. */
function stopTimers() {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
}

test('a client that goes on sending still gets its answer', async () => {
  stopTimers()
  const size = 30_000_000
  const client = connect({ host: '127.0.0.1', port: await serve() })
  client.pause()
  client.write(`POST /refused HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${size}\r\n\r\n`)
  for (let left = size; left > 0; left -= 1_000_000) {
    await new Promise<void>((resolve, reject) =>
      client.write(Buffer.alloc(1_000_000), error => (error ? reject(error) : resolve())),
    )
  }
  client.end()
  expect(await text(client)).toMatch(/^HTTP\/1\.1 413 [\s\S]*enough$/)
})

test('a connection whose body came whole after the answer is good for more', async () => {
  const lingerMs = 100
  stopTimers()
  const port = await serve(lingerMs)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const send = (method: string, path: string, length?: number) => {
    const headers = length === undefined ? {} : { 'content-length': length, 'content-type': 'text/plain' }
    return request({ host: '127.0.0.1', port, agent, method, path, headers })
  }
  const refused = send('POST', '/unread', 20)
  refused.write('the first ')
  const [answer] = await once(refused, 'response')
  expect([answer.statusCode, await text(answer)]).toEqual([401, 'who?'])
  refused.end('and second')
  const ports = new Set<number | undefined>([refused.socket?.localPort])
  for (let round = 0; round < 3; round += 1) {
    const next = send('GET', '/')
    next.end()
    const [more] = await once(next, 'response')
    ports.add(next.socket?.localPort)
    expect(await text(more)).toBe('here')
    vi.advanceTimersByTime(lingerMs)
  }
  expect(ports.size).toBe(1)
  agent.destroy()
})
