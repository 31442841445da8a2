import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { eventually } from '@slipway/testing'
import { fastify } from 'fastify'
import { expect, test } from 'vitest'
import { answerErrors } from '../api/platform-errors.ts'
import { boundFlowingBodies } from './flowing-bodies.ts'

test('slow bodies of one address leave places for others', async () => {
  const app = fastify({ trustProxy: true, forceCloseConnections: true })
  answerErrors(app, () => {})
  boundFlowingBodies(app, { perAddress: 2, waitMs: 200 })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
  let flowing = 0
  app.post('/', async ({ body }) => {
    flowing += 1
    return text(body as Readable)
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo
  function begin(address: string) {
    const headers = { 'x-forwarded-for': address, 'content-type': 'text/plain' }
    const outgoing = request({ port, method: 'POST', agent: false, headers })
    outgoing.on('error', () => {})
    const answered = once(outgoing, 'response').then(async ([answer]: IncomingMessage[]) => answer?.statusCode)
    answered.catch(() => {})
    outgoing.write('x')
    return { outgoing, answered }
  }

  const [first, second] = [begin('192.0.2.1'), begin('192.0.2.1')]
  await eventually(() => flowing === 2)
  expect(await begin('192.0.2.1').answered).toBe(503)
  const other = begin('192.0.2.2')
  other.outgoing.end()
  expect(await other.answered).toBe(200)
  // A place is free when a body has ended, and when its client has left.
  first.outgoing.end()
  expect(await first.answered).toBe(200)
  begin('192.0.2.1')
  await eventually(() => flowing === 4)
  second.outgoing.destroy()
  begin('192.0.2.1')
  await eventually(() => flowing === 5)
  await app.close()
})
