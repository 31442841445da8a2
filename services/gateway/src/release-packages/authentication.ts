import { failure, viewerOf } from '@slipway/contracts'
import type { FastifyRequest } from 'fastify'
import type { Authenticator, Caller } from '../identity/authenticator.ts'
import { anyToken, authorization, basicCredentials } from '../identity/credentials.ts'
import { isFromForeignPage } from '../identity/foreign-page.ts'
import { sessionToken } from '../identity/session.ts'

/** Who may use an endpoint at all; which members and versions they may see or change is decided by the catalog. */
export type Audience = 'anyone' | 'signed-in' | 'editor' | 'administrator'

/**
 * Who calls: `Basic` is this API's way, the cookie of a session that of its web client. A wrong password is refused on
 * public paths as well; other schemes, sessions that are over, and tokens of the platform that mean nothing count as no
 * credentials. A session counts for pages of the platform's own origin only.
 * @param baseUrl address of the platform
 * @throws `unauthenticated`, `rate_limited`, `forbidden` for what a page of another origin would change by a session
 */
export async function authenticate(
  request: FastifyRequest,
  authenticator: Authenticator,
  baseUrl: string,
): Promise<Caller | null> {
  const caller = await findCaller(request, authenticator, baseUrl)
  if (caller) request.actor = caller.identity.login
  return caller
}

async function findCaller(
  request: FastifyRequest,
  authenticator: Authenticator,
  baseUrl: string,
): Promise<Caller | null> {
  if (/^\s*basic(?:\s|$)/i.test(request.headers.authorization ?? '')) {
    const credentials = basicCredentials(authorization(request)?.value ?? '')
    const caller = credentials && (await authenticator.byPassword(credentials, request.ip))
    if (!caller) throw failure('unauthenticated', 'Bad credentials')
    return caller
  }
  const token = anyToken(request)
  if (token !== undefined) return (await authenticator.byToken(token)) ?? authenticator.anonymous
  const session = sessionToken(request, baseUrl)
  const caller = session === undefined ? null : await authenticator.bySession(session)
  return caller && mayUseSession(request, baseUrl) ? caller : authenticator.anonymous
}

/** Links to the platform work from anywhere; scripts and forms of other origins do nothing by a session. */
function mayUseSession(request: FastifyRequest, baseUrl: string): boolean {
  if (!isFromForeignPage(request, baseUrl)) return true
  if (request.method !== 'GET' && request.method !== 'HEAD') throw foreignPage()
  return request.headers.origin === undefined
}

/** What a page of another origin is told. */
export const foreignPage = () => failure('forbidden', 'The request comes from a page of another origin')

/** @throws `unauthenticated` for nobody, `forbidden` for callers without the role */
export function requireAudience(caller: Caller | null, audience: Audience): void {
  if (audience === 'anyone') return
  if (!caller) throw failure('unauthenticated', 'Full authentication is required to access this resource')
  const { kind } = viewerOf(caller.identity)
  if (audience === 'signed-in' || kind === 'admin' || (audience === 'editor' && kind === 'staff')) return
  throw failure('forbidden', 'Access is denied')
}
