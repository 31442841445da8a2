import type { FastifyInstance } from 'fastify'

/** Milliseconds in which what a client goes on sending after its answer is read and dropped. */
const lingerMs = 5_000

/**
 * For routes that may answer before a body is whole. Closing a connection on which a client is still writing resets
 * it, and the client may never see the answer that is already there: so the rest is read and dropped for a while.
 */
export function lingerAfterAnswers(app: FastifyInstance): void {
  app.addHook('onSend', (request, reply, _payload, done) => {
    if (!request.raw.complete) reply.raw.shouldKeepAlive = true
    done()
  })
  app.addHook('onResponse', (request, _reply, done) => {
    const { raw } = request
    if (!raw.complete) {
      const giveUp = setTimeout(() => raw.destroy(), lingerMs)
      raw.once('close', () => clearTimeout(giveUp))
    }
    // Whoever read it may have left off in the middle.
    raw.unpipe()
    raw.removeAllListeners('readable')
    raw.resume()
    done()
  })
}
