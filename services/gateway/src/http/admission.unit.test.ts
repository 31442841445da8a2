import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { eventually } from '@slipway/testing'
import { fastify } from 'fastify'
import { expect, test } from 'vitest'
import { answerErrors } from '../api/platform-errors.ts'
import { admitRequests } from './admission.ts'

test('long answers of one address leave places for others', async () => {
  const app = fastify({ trustProxy: true, forceCloseConnections: true })
  answerErrors(app, () => {})
  admitRequests(app, { requests: 100, requestsPerAddress: 0, transfersPerAddress: 2 })
  const flowing = new Set<Readable>()
  app.get('/long', async (_request, reply) => {
    const body = new Readable({ read() {} })
    body.push('x')
    flowing.add(body)
    body.once('close', () => flowing.delete(body))
    return reply.header('content-type', 'text/csv').send(body)
  })
  app.get('/short', async () => 'x')
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  async function ask(path: string, address: string) {
    const outgoing = request({ port, path, agent: false, headers: { 'x-forwarded-for': address } }).end()
    outgoing.on('error', () => {})
    const [{ statusCode, headers }] = (await once(outgoing, 'response')) as [IncomingMessage]
    return { status: statusCode, headers, leave: () => outgoing.destroy() }
  }

  const first = await ask('/long', '192.0.2.1')
  await ask('/long', '192.0.2.1')
  const refused = await ask('/long', '192.0.2.1')
  expect([first.status, refused.status, refused.headers['retry-after']]).toEqual([200, 429, '1'])
  expect(refused.headers['content-type']).toMatch(/^application\/json/)
  // What was not sent is not made either.
  expect(flowing.size).toBe(2)
  expect((await ask('/short', '192.0.2.1')).status).toBe(200)
  expect((await ask('/long', '192.0.2.2')).status).toBe(200)
  first.leave()
  await eventually(async () => (await ask('/long', '192.0.2.1')).status === 200)
  await app.close()
})
