import { beginSession, sessionCookie } from '../../identity/session.ts'
import type { Holder } from '../../identity/still-good.ts'
import type { EndpointCall } from '../endpoint.ts'

/** Other sites cannot make a browser send it with a POST; scripts cannot read it. */
export function sessionCookieOf({ request, call }: EndpointCall, token: string, maxAge: number | undefined): string {
  const { name, secure } = sessionCookie(request, call.baseUrl)
  const attributes = [
    `${name}=${token}`,
    'Path=/',
    'HttpOnly',
    'SameSite=Lax',
    ...(secure ? ['Secure'] : []),
    ...(maxAge === undefined ? [] : [`Max-Age=${maxAge}`]),
  ]
  return attributes.join('; ')
}

/** Begins a session of an account, and gives the browser its cookie with the answer. */
export async function startSession(endpointCall: EndpointCall, holder: Holder, remember: boolean): Promise<void> {
  const { reply, options } = endpointCall
  const { token, maxAge, ended } = await beginSession(options.store, holder, remember)
  if (ended) await options.announceChange()
  reply.header('set-cookie', sessionCookieOf(endpointCall, token, maxAge))
}
