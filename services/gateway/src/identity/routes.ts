import type { FastifyInstance, FastifyRequest } from 'fastify'
import { answerErrors } from '../http/platform-errors.ts'
import { type AccountRoutesOptions, accountRoutes } from './account.routes.ts'
import { tokenRoutes } from './token.routes.ts'

export type IdentityRoutesOptions = AccountRoutesOptions & {
  readonly logError: (error: unknown, request: FastifyRequest) => void
}

/** The platform's own API for accounts and API tokens. */
export async function identityRoutes(app: FastifyInstance, options: IdentityRoutesOptions): Promise<void> {
  answerErrors(app, options.logError)
  // Clients label empty bodies as JSON; the framework would refuse them.
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') return done(null, undefined)
    app.getDefaultJsonParser('error', 'error')(request, body as string, done)
  })
  accountRoutes(app, options)
  tokenRoutes(app, options)
}
