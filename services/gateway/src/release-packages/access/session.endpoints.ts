import { failure } from '@slipway/contracts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { readMultipart, readUrlencoded } from '../../http/form-body.ts'
import { mediaType, rawBodyOf } from '../../http/raw-body.ts'
import { isFromForeignPage } from '../../identity/foreign-page.ts'
import { endSession, sessionToken } from '../../identity/session.ts'
import { foreignPage } from '../authentication.ts'
import type { Endpoint, EndpointCall } from '../endpoint.ts'
import { sessionCookieOf, startSession } from './session-cookie.ts'

/** Other sites may neither begin nor end a session of their visitors. @throws `forbidden` */
function requireOwnPage({ request, call }: EndpointCall): void {
  if (isFromForeignPage(request, call.baseUrl ?? '')) throw foreignPage()
}

/** The web client of MLDS looks for the code in it. */
const deregistered = 'Authentication failed: MLDS_ERR_AUTH_DEREGISTERED The affiliate is deregistered'

/** Fields of a form of either kind; files count as absent. */
async function formOf(request: FastifyRequest): Promise<ReadonlyMap<string, string>> {
  const { bytes, contentType } = rawBodyOf(request)
  const isMultipart = mediaType(contentType) === 'multipart/form-data'
  const fields = isMultipart ? await readMultipart(bytes, contentType) : readUrlencoded(bytes)
  return new Map(fields.filter((field): field is [string, string] => typeof field[1] === 'string'))
}

async function signIn(endpointCall: EndpointCall): Promise<FastifyReply> {
  requireOwnPage(endpointCall)
  const { request, reply, options } = endpointCall
  const form = await formOf(request)
  const credentials = { login: form.get('j_username') ?? '', password: form.get('j_password') ?? '' }
  const caller = await options.authenticator.signIn(credentials, request.ip)
  if (caller === 'deregistered') throw failure('unauthenticated', deregistered)
  if (!caller) throw failure('unauthenticated', 'Authentication failed: Bad credentials')
  const remember = /^(?:true|on|yes|1)$/i.test(form.get('remember-me') ?? '')
  await startSession(endpointCall, caller.identity, remember)
  return reply.code(200).header('content-length', '0').send()
}

async function signOut(endpointCall: EndpointCall): Promise<FastifyReply> {
  requireOwnPage(endpointCall)
  const { request, reply, call, options } = endpointCall
  const token = sessionToken(request, call.baseUrl)
  if (token !== undefined && (await endSession(options.store, token))) await options.announceChange()
  return reply
    .code(200)
    .header('set-cookie', sessionCookieOf(endpointCall, '', 0))
    .header('content-length', '0')
    .send()
}

export const sessionEndpoints: readonly Endpoint[] = [
  {
    method: 'POST',
    path: '/app/authentication',
    audience: 'anyone',
    answer: signIn,
    describe: {
      summary: 'Begins a session, kept in a cookie',
      consumes: ['application/x-www-form-urlencoded', 'multipart/form-data'],
    },
  },
  {
    method: 'GET',
    path: '/app/logout',
    audience: 'anyone',
    answer: signOut,
    changes: true,
    describe: { summary: 'Ends the session' },
  },
]
