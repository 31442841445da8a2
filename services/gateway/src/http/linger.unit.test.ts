import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { fastify } from 'fastify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { lingerAfterAnswers } from './linger.ts'

const app = fastify()
let port: number

beforeAll(async () => {
  lingerAfterAnswers(app)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
  app.post('/refused', async (request, reply) => {
    await once(request.body as NodeJS.ReadableStream, 'readable')
    return reply.code(413).send('enough')
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  port = (app.server.address() as AddressInfo).port
})
afterAll(() => app.close())

test('a client that goes on sending still gets its answer', async () => {
  const size = 30_000_000
  const client = connect({ host: '127.0.0.1', port })
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
