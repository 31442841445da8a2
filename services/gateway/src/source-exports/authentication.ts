import { failure } from '@slipway/contracts'
import type { FastifyRequest } from 'fastify'
import type { Authenticator, Caller } from '../identity/authenticator.ts'
import { anyToken, authorization, basicCredentials } from '../identity/credentials.ts'

/**
 * Who calls: `Authorization: Token …` is this API's way, the platform's other ways are good, too. A token that is not good
 * is refused on public resources as well. @throws `unauthenticated`
 */
export async function authenticate(request: FastifyRequest, authenticator: Authenticator): Promise<Caller | null> {
  const token = anyToken(request)
  const given = authorization(request)
  const credentials = given?.scheme === 'basic' ? basicCredentials(given.value) : undefined
  if (token === undefined && !credentials) return authenticator.anonymous
  const caller =
    token !== undefined
      ? await authenticator.byToken(token)
      : credentials && (await authenticator.byPassword(credentials, request.ip))
  if (!caller) throw failure('unauthenticated', 'Invalid token.')
  request.actor = caller.identity.login
  return caller
}

/** @throws `unauthenticated` for nobody */
export function requireKnown(caller: Caller | null): Caller {
  if (!caller) throw failure('unauthenticated', 'Authentication credentials were not provided.')
  return caller
}
