import { fitText } from '@slipway/contracts'
import type { FastifyInstance } from 'fastify'

/**
 * Puts U+FFFD in the place of what is no text (`%00`) in parts of a path. Nothing is called so: each API answers in its
 * own words, and in its own order of checks, that there is no such thing.
 */
export function fitPaths(app: FastifyInstance): void {
  app.addHook('onRequest', (request, _reply, done) => {
    const parameters = request.params as Record<string, string>
    for (const name in parameters) parameters[name] = fitText(parameters[name] as string)
    done()
  })
}
