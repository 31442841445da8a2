import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { eventually } from '@slipway/testing'
import { fastify } from 'fastify'
import { afterEach, expect, test } from 'vitest'
import { answerErrors } from '../api/platform-errors.ts'
import { boundLargeBodies } from './large-bodies.ts'
import { keepRawBodies, rawBodyOf } from './raw-body.ts'

const MiB = 1024 * 1024
const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

/**
 * A server whose answers wait until they are let go: `held` has the bytes of their bodies, and `read` the path of each body
 * that was begun to be read.
 */
async function serve() {
  const app = fastify({ trustProxy: true, forceCloseConnections: true, bodyLimit: MiB - 1 })
  closing.push(() => app.close())
  answerErrors(app, () => {})
  boundLargeBodies(app)
  const held: { bytes: number; letGo: () => void }[] = []
  const read: string[] = []
  await app.register(async scope => {
    keepRawBodies(scope)
    scope.addHook('preParsing', async ({ url }) => void read.push(url))
    scope.post('/short', { bodyLimit: MiB }, async incoming => ({ bytes: rawBodyOf(incoming).bytes.length }))
    scope.post('/:kind', { bodyLimit: 16 * MiB }, async (incoming, reply) => {
      const { length: bytes } = rawBodyOf(incoming).bytes
      if ((incoming.params as { kind: string }).kind !== 'held') return { bytes }
      return app.largeBodies.read(bytes, async () => {
        await new Promise<void>(letGo => held.push({ bytes, letGo }))
        return reply.send({ bytes })
      })
    })
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as AddressInfo

  /** Sends a body, with or without its length; it may be left unfinished. */
  function send(path: string, bytes: number, { address = '192.0.2.1', isChunked = false, isWhole = true } = {}) {
    const headers = { 'x-forwarded-for': address, ...(!isChunked && { 'content-length': bytes }) }
    const outgoing = request({ port, path, method: 'POST', agent: false, headers })
    outgoing.on('error', () => {})
    outgoing.write(Buffer.alloc(isWhole ? bytes : bytes / 2))
    if (isWhole) outgoing.end()
    const status = once(outgoing, 'response').then(given => {
      const [{ statusCode, headers: answered }] = given as [IncomingMessage]
      return statusCode === 200 ? 200 : [statusCode, answered['retry-after']]
    })
    status.catch(() => {})
    return { status, leave: () => outgoing.destroy() }
  }
  return { held, read, send }
}

test('of the largest bodies four are read at the same time and one is worked with; smaller ones pass by', async () => {
  const { held, send } = await serve()
  const sent = Array.from({ length: 6 }, (_, index) => send('/held', 2 * MiB + index))
  await eventually(() => expect(held).toHaveLength(1))
  for (const [bytes, isChunked] of [
    [100, false],
    [100, true],
    [MiB - 1, false],
  ] as const) {
    expect(await send('/at-once', bytes, { isChunked }).status).toBe(200)
  }
  for (let count = 1; count <= 6; count += 1) {
    await eventually(() => expect(held).toHaveLength(count))
    held[count - 1]?.letGo()
  }
  expect(await Promise.all(sent.map(({ status }) => status))).toEqual([200, 200, 200, 200, 200, 200])
  expect(held.map(({ bytes }) => bytes - 2 * MiB).toSorted()).toEqual([0, 1, 2, 3, 4, 5])
})

test('places are given back by those who leave, be it while they wait', async () => {
  const { held, read, send } = await serve()
  const slow = Array.from({ length: 4 }, () => send('/at-once', 4 * MiB, { isWhole: false }))
  await eventually(() => expect(read.length).toBe(4))
  const waiting = send('/held', 3 * MiB)
  const gone = send('/held', 3 * MiB, { isWhole: false })
  expect(await send('/at-once', 200_000).status).toBe(200)
  gone.leave()
  expect(read).toHaveLength(5)
  for (const { leave } of slow) leave()
  await eventually(() => expect(held).toHaveLength(1))
  held[0]?.letGo()
  expect(await waiting.status).toBe(200)
  expect(await send('/at-once', 3 * MiB).status).toBe(200)
})

test('one address has so many, also where nobody says how large they are, and others still have theirs', async () => {
  const { send } = await serve()
  const slow = Array.from({ length: 16 }, (_, index) =>
    send('/short', MiB, { isWhole: false, isChunked: index % 2 === 0 }),
  )
  await eventually(async () => expect(await send('/short', MiB).status).toEqual([429, '1']))
  expect(await send('/short', 200_000, { isChunked: true }).status).toBe(200)
  expect(await send('/short', MiB, { address: '192.0.2.2', isChunked: true }).status).toBe(200)
  for (const { leave } of slow) leave()
  await eventually(async () => expect(await send('/short', MiB).status).toBe(200))
})
