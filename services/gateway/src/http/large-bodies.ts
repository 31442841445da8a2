import { Readable } from 'node:stream'
import { failure } from '@slipway/contracts'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { clientOf } from './client-address.ts'
import { limitPlaces } from './places.ts'
import { cutBody } from './slow-bodies.ts'
import { type WaitingLine, waitingLine } from './waiting-line.ts'

declare module 'fastify' {
  interface FastifyInstance {
    readonly largeBodies: LargeBodies
  }
}

export type LargeBodies = {
  /** The body, once it may be read. Until then it stays with the client. @throws `busy`, `rate_limited` */
  admit(request: FastifyRequest, reply: FastifyReply, payload: Readable): Promise<Readable>
  /** Works with what a body of so many bytes says: of the largest one at a time, for it becomes many times its size. */
  read<Result>(bytes: number, work: () => Promise<Result>): Promise<Result>
}

/** Bytes up to which a body does not wait. */
const smallBytes = 256 * 1024
/** Bytes from which on a body is of the largest, which only rows of sources may be. */
const largestBytes = 1024 * 1024
/** Bodies that are held at the same time, and milliseconds that others wait. */
const large = { places: 32, waitMs: 30_000 }
const largest = { places: 4, waitMs: 30_000 }
/** Of one address, those that wait included. */
const perAddress = 16
/** Milliseconds in which a large body must be there once it is read. */
const readMs = 60_000

/** Bounds the large bodies that are held as bytes, and the largest that are values, at the same time. */
export function boundLargeBodies(app: FastifyInstance): void {
  const lines = { large: waitingLine(large), largest: waitingLine(largest) }
  const alone = waitingLine({ places: 1, waitMs: largest.waitMs })
  const addresses = limitPlaces(perAddress)

  async function enter(request: FastifyRequest, reply: FastifyReply, line: WaitingLine): Promise<void> {
    const client = clientOf(request.ip)
    if (!addresses.take(client)) {
      throw failure('rate_limited', 'Too many large bodies are on their way from this address.', { retryAfter: 1 })
    }
    // Whoever leaves while a place is waited for gives it to the next at once.
    const left = new Promise<void>(resolve => {
      if (reply.raw.closed) resolve()
      else reply.raw.once('close', resolve)
    })
    void left.then(() => addresses.leave(client))
    await line.enter()
    const timer = setTimeout(() => request.raw.complete || cutBody(request, reply), readMs).unref()
    void left.then(() => {
      clearTimeout(timer)
      line.leave()
    })
  }

  /** A body of which nobody said how long it is counts when it turns out to be large. */
  async function* counted(payload: Readable, admitted: () => Promise<void>): AsyncGenerator<Buffer, void, void> {
    let size = 0
    let isLarge = false
    for await (const piece of payload as AsyncIterable<Buffer>) {
      size += piece.length
      if (size > smallBytes && !isLarge) {
        isLarge = true
        await admitted()
      }
      yield piece
    }
  }

  app.decorate('largeBodies', {
    async admit(request, reply, payload) {
      const most = request.routeOptions.bodyLimit ?? app.initialConfig.bodyLimit ?? 0
      const given = request.headers['content-length']
      if (given === undefined) {
        if (request.headers['transfer-encoding'] === undefined) return payload
        const line = most > largestBytes ? lines.largest : lines.large
        return Readable.from(
          counted(payload, () => enter(request, reply, line)),
          { objectMode: false },
        )
      }
      const bytes = Number(given)
      // One that is too large is refused unread.
      if (bytes > smallBytes && bytes <= most) {
        await enter(request, reply, bytes > largestBytes ? lines.largest : lines.large)
      }
      return payload
    },
    async read(bytes, work) {
      if (bytes <= largestBytes) return work()
      await alone.enter()
      try {
        return await work()
      } finally {
        alone.leave()
      }
    },
  } satisfies LargeBodies)
}
