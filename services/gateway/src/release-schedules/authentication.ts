import { failure } from '@slipway/contracts'
import type { Store } from '@slipway/store'
import type { FastifyRequest } from 'fastify'
import { hashOfToken } from '../identity/api-token.ts'
import type { Authenticator, Caller } from '../identity/authenticator.ts'
import { prepare } from '../sql.ts'

const inactiveOwner = prepare<{ hash: Buffer }>()('pdc.inactive-owner', (db, p) =>
  db
    .selectFrom('api_token as t')
    .innerJoin('account as a', 'a.id', 't.account_id')
    .select('a.id')
    .where('t.hash', '=', p.hash)
    .where('t.revoked_at', 'is', null)
    .where('a.active', '=', false),
)

/** The token of an `Authorization: Token …` header; undefined when there is no such header. @throws `unauthenticated` */
export function sentToken({ headers }: FastifyRequest): string | undefined {
  const [scheme = '', token, ...rest] = (headers.authorization ?? '').trim().split(/\s+/)
  if (scheme.toLowerCase() !== 'token') return undefined
  if (token === undefined) throw failure('unauthenticated', 'Invalid token header. No credentials provided.')
  if (rest.length === 0) return token
  throw failure('unauthenticated', 'Invalid token header. Token string should not contain spaces.')
}

/**
 * Who calls, in this API's way: by a token only. Other schemes count as no credentials; a token that is not good is
 * refused, even on reads. @throws `unauthenticated`
 */
export async function authenticate(
  request: FastifyRequest,
  authenticator: Authenticator,
  store: Store,
): Promise<Caller | null> {
  const token = sentToken(request)
  if (token === undefined) return authenticator.anonymous
  const caller = await authenticator.byToken(token)
  if (caller) return caller
  const [inactive] = await store.read(inactiveOwner, { hash: hashOfToken(token) })
  throw failure('unauthenticated', inactive ? 'User inactive or deleted.' : 'Invalid token.')
}
