import { failure } from '@slipway/contracts'
import type { FastifyRequest } from 'fastify'
import type { Authenticator, Caller } from '../identity/authenticator.ts'

const refused = () => failure('unauthenticated', 'The token is not valid.')

/**
 * Who calls, the way of ODM: an access token in `Authorization` (with `Bearer` in front or bare, as generated clients
 * send it), or an API token in `Genestack-API-Token`. Our API tokens are good in either. Where both are sent the access
 * token decides, also when it is bad. Other schemes are refused, however good they are for other APIs.
 * @throws `unauthenticated`
 */
export async function authenticate(request: FastifyRequest, authenticator: Authenticator): Promise<Caller> {
  const own = request.headers['genestack-api-token']
  const token = tokenOf(request.headers.authorization) ?? tokenOf(typeof own === 'string' ? own : undefined)
  const caller = token === undefined ? authenticator.anonymous : await authenticator.byToken(token)
  if (!caller) throw refused()
  request.actor = caller.identity.login
  return caller
}

/** The token of a header; undefined for an empty one. @throws `unauthenticated` for anything but one token */
function tokenOf(header: string | undefined): string | undefined {
  const value = header?.trim() ?? ''
  if (value === '') return undefined
  const [, token] = /^(?:bearer[ \t]+)?(\S+)$/i.exec(value) ?? []
  if (token === undefined) throw refused()
  return token
}
