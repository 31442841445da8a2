import { failure, holdsRight } from '@slipway/contracts'
import type { FastifyRequest } from 'fastify'
import type { Authenticator, Caller } from './authenticator.ts'
import { anyToken, authorization, basicCredentials } from './credentials.ts'

/**
 * Who calls the platform's own API: every way of sending credentials that any of the APIs knows is good.
 * @throws `unauthenticated` without credentials or with bad ones, `rate_limited` after too many wrong passwords
 */
export async function requireCaller(request: FastifyRequest, authenticator: Authenticator): Promise<Caller> {
  const caller = (await findCaller(request, authenticator)) ?? authenticator.anonymous
  if (!caller) throw failure('unauthenticated', 'Valid credentials are needed.')
  request.actor = caller.identity.login
  return caller
}

/**
 * Who calls, where callers need not be known; null without credentials.
 * @throws `unauthenticated` with bad ones, `rate_limited` after too many wrong passwords
 */
export async function callerIfAny(request: FastifyRequest, authenticator: Authenticator): Promise<Caller | null> {
  const given = anyToken(request) !== undefined || authorization(request) !== undefined
  return given ? requireCaller(request, authenticator) : authenticator.anonymous
}

/** Null without credentials, or with bad ones. @throws `rate_limited` */
export async function findCaller(request: FastifyRequest, authenticator: Authenticator): Promise<Caller | null> {
  const token = anyToken(request)
  if (token !== undefined) return authenticator.byToken(token)
  const given = authorization(request)
  const credentials = given?.scheme === 'basic' ? basicCredentials(given.value) : undefined
  return credentials ? authenticator.byPassword(credentials, request.ip) : null
}

/**
 * Who may manage accounts: administrators of the platform, never machine clients of the external issuer, which count as
 * administrators of releases only.
 * @throws `forbidden`
 */
export function requireAdministrator(caller: Caller): Caller {
  if (!isAdministrator(caller)) throw failure('forbidden', 'Only administrators may manage accounts.')
  return caller
}

export function isAdministrator({ identity }: Caller): boolean {
  return holdsRight('administrator', identity)
}
