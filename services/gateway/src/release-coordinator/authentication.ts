import { failure } from '@slipway/contracts'
import type { FastifyRequest } from 'fastify'
import type { Authenticator, Caller } from '../identity/authenticator.ts'
import { authorization, basicCredentials } from '../identity/credentials.ts'

/**
 * Who calls, in this API's way. A token that is not good for any reason, and a scheme that is not known, make an
 * anonymous caller: reads still work. A login with a wrong password is refused, even on reads.
 * @throws `forbidden` for wrong logins, `rate_limited` after too many of them
 */
export async function authenticate(request: FastifyRequest, authenticator: Authenticator): Promise<Caller | null> {
  const given = authorization(request)
  if (given?.scheme === 'bearer') return authenticator.byToken(given.value)
  if (given?.scheme !== 'basic') return null
  const credentials = basicCredentials(given.value)
  if (!credentials) throw failure('forbidden', 'Invalid basic header. Credentials not correctly base64 encoded.')
  const caller = await authenticator.byPassword(credentials, request.ip)
  if (!caller) throw failure('forbidden', 'Invalid username/password.')
  return caller
}
