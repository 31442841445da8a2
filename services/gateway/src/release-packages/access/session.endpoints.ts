import { failure } from '@slipway/contracts'
import type { FastifyReply } from 'fastify'
import { readUrlencoded } from '../../http/form-body.ts'
import { rawBodyOf } from '../../http/raw-body.ts'
import { isFromForeignPage } from '../../identity/foreign-page.ts'
import { beginSession, endSession, sessionCookie, sessionToken } from '../../identity/session.ts'
import { foreignPage } from '../authentication.ts'
import type { Endpoint, EndpointCall } from '../endpoint.ts'

/** Other sites cannot make a browser send it with a POST; scripts cannot read it. */
function cookie({ request, call }: EndpointCall, token: string, maxAge: number | undefined): string {
  const isSecure = request.protocol === 'https' || call.baseUrl?.startsWith('https:')
  const attributes = [
    `${sessionCookie}=${token}`,
    'Path=/',
    'HttpOnly',
    'SameSite=Lax',
    ...(isSecure ? ['Secure'] : []),
    ...(maxAge === undefined ? [] : [`Max-Age=${maxAge}`]),
  ]
  return attributes.join('; ')
}

/** Nor may they begin or end a session of their visitors. @throws `forbidden` */
function requireOwnPage({ request, call }: EndpointCall): void {
  if (isFromForeignPage(request, call.baseUrl ?? '')) throw foreignPage()
}

async function signIn(endpointCall: EndpointCall): Promise<FastifyReply> {
  requireOwnPage(endpointCall)
  const { request, reply, options } = endpointCall
  const { authenticator, store, announceChange } = options
  const form = new Map(readUrlencoded(rawBodyOf(request).bytes).map(([name, value]) => [name, String(value)]))
  const credentials = { login: form.get('j_username') ?? '', password: form.get('j_password') ?? '' }
  const caller = await authenticator.byPassword(credentials, request.ip)
  if (!caller) throw failure('unauthenticated', 'Authentication failed: Bad credentials')
  const remember = /^(?:true|on|yes|1)$/i.test(form.get('remember-me') ?? '')
  const { token, maxAge, ended } = await beginSession(store, caller.identity.subject, remember)
  if (ended) announceChange()
  return reply
    .code(200)
    .header('set-cookie', cookie(endpointCall, token, maxAge))
    .header('content-length', '0')
    .send()
}

async function signOut(endpointCall: EndpointCall): Promise<FastifyReply> {
  requireOwnPage(endpointCall)
  const { request, reply, options } = endpointCall
  const token = sessionToken(request)
  if (token !== undefined && (await endSession(options.store, token))) options.announceChange()
  return reply
    .code(200)
    .header('set-cookie', cookie(endpointCall, '', 0))
    .header('content-length', '0')
    .send()
}

export const sessionEndpoints: readonly Endpoint[] = [
  {
    method: 'POST',
    path: '/app/authentication',
    audience: 'anyone',
    answer: signIn,
    describe: { summary: 'Begins a session, kept in a cookie', consumes: ['application/x-www-form-urlencoded'] },
  },
  {
    method: 'GET',
    path: '/app/logout',
    audience: 'anyone',
    answer: signOut,
    describe: { summary: 'Ends the session' },
  },
]
