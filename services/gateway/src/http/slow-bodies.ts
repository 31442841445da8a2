import { failure } from '@slipway/contracts'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

export type SlowBodyOptions = {
  /** Milliseconds that any body may take. */
  readonly graceMs: number
  /** Bytes a second that a longer one must bring, on average since its beginning. */
  readonly bytesPerSecond: number
}

type Watched = {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  /** Bytes of the connection before this body. */
  readonly from: number
  /** Milliseconds that were spent waiting for the client. */
  waitedMs: number
}

const lookEveryMs = 1_000

/**
 * Cuts bodies off that come too slowly, with 408: one that takes longer than the grace must have brought its bytes a
 * second. Time in which bytes lie here unread, because whoever takes them is slower than the client, does not count. So
 * uploads may be as long as they are.
 */
export function cutSlowBodies(app: FastifyInstance, { graceMs, bytesPerSecond }: SlowBodyOptions): void {
  const watched = new Set<Watched>()
  let timer: NodeJS.Timeout | undefined

  function look() {
    for (const body of watched) {
      const { raw } = body.request
      if (raw.complete || raw.destroyed) {
        watched.delete(body)
        continue
      }
      if (raw.readableLength > 0) continue
      body.waitedMs += lookEveryMs
      const bytes = raw.socket.bytesRead - body.from
      if (body.waitedMs <= graceMs + (bytes / bytesPerSecond) * 1000) continue
      watched.delete(body)
      cutBody(body.request, body.reply)
    }
    if (watched.size > 0) return
    clearInterval(timer)
    timer = undefined
  }

  app.addHook('onRequest', (request, reply, done) => {
    const { raw } = request
    const { headers } = raw
    const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
    if (hasBody && !raw.complete) {
      watched.add({ request, reply, from: raw.socket.bytesRead, waitedMs: 0 })
      timer ??= setInterval(look, lookEveryMs).unref()
    }
    done()
  })
  app.addHook('onClose', (_app, done) => {
    clearInterval(timer)
    done()
  })
}

/**
 * Ends a request whose body comes too slowly. The connection cannot be used any more: nobody knows where in its bytes the
 * next request would begin.
 */
export function cutBody(request: FastifyRequest, reply: FastifyReply): void {
  if (reply.sent || reply.raw.headersSent) return void request.raw.destroy()
  reply.header('connection', 'close')
  reply.send(failure('malformed', 'The request body came too slowly.', { status: 408 }))
}
