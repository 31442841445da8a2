import type { FastifyInstance } from 'fastify'

/**
 * For routes that may answer before a body is whole. Closing a connection on which a client is still writing resets
 * it, and the client may never see the answer that is already there: so the rest is read and dropped for a while.
 * @param lingerMs milliseconds in which that is done; what has not come by then breaks the connection
 */
export function lingerAfterAnswers(app: FastifyInstance, lingerMs = 5_000): void {
  app.addHook('onSend', (request, reply, _payload, done) => {
    if (!request.raw.complete) {
      reply.raw.shouldKeepAlive = true
      // The framework closes the connection of whoever announces too much.
      if (reply.statusCode === 413) reply.removeHeader('connection')
    }
    done()
  })
  app.addHook('onResponse', (request, _reply, done) => {
    const { raw } = request
    if (!raw.complete) {
      const giveUp = setTimeout(() => raw.complete || raw.destroy(), lingerMs)
      raw.once('close', () => clearTimeout(giveUp))
    }
    // Whoever read it may have left off in the middle.
    raw.unpipe()
    // Where there are none this would stop a body that Node has begun to drop by itself, because nobody read it.
    if (raw.listenerCount('readable') > 0) raw.removeAllListeners('readable')
    raw.resume()
    done()
  })
}
