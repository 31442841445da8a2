import type { FastifyInstance, FastifyRequest } from 'fastify'
import { answerErrors } from '../api/platform-errors.ts'
import { acceptEmptyJson } from '../http/empty-json.ts'
import { type AccountRoutesOptions, accountRoutes } from './account.routes.ts'
import { tokenRoutes } from './token.routes.ts'

export type IdentityRoutesOptions = AccountRoutesOptions & {
  readonly logError: (error: unknown, request: FastifyRequest) => void
}

/** The platform's own API for accounts and API tokens. */
export async function identityRoutes(app: FastifyInstance, options: IdentityRoutesOptions): Promise<void> {
  answerErrors(app, options.logError)
  acceptEmptyJson(app)
  accountRoutes(app, options)
  tokenRoutes(app, options)
}
