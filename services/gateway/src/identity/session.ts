import { now, type Queryable, type Store } from '@slipway/store'
import type { FastifyRequest } from 'fastify'
import {
  type ApiToken,
  findToken,
  insertToken,
  listTokens,
  revokeOtherSessions,
  revokeToken,
} from './api-token.store.ts'
import { hashOfToken, newToken, prefixOfToken } from './api-token.ts'
import { freely } from './delegation.ts'
import { type Holder, requireStillGood } from './still-good.ts'

/**
 * Sessions of browsers are API tokens, so whatever ends a token ends a session. They are good in their cookie only: their
 * value in a header is nothing.
 */
const tokenName = 'session'
const cookieName = 'slipway_session'

/** Seconds that a session lasts; the second figure is that of a browser which is to remember it. */
const usualSeconds = 12 * 3600
const rememberedSeconds = 31 * 24 * 3600
/** Sessions of one account; then the oldest one goes. */
const most = 20

/**
 * The cookie of sessions. Where the platform is reached over https it is `secure`: then its name begins with `__Host-`, and
 * browsers take it from this very host only, not from one beside or below it, and not over http.
 * @param baseUrl address of the platform
 */
export function sessionCookie(request: FastifyRequest, baseUrl: string | undefined) {
  const secure = request.protocol === 'https' || baseUrl?.startsWith('https:') === true
  return { secure, name: secure ? `__Host-${cookieName}` : cookieName }
}

/** The token of the session that a request belongs to, good or not. `baseUrl`: address of the platform. */
export function sessionToken(request: FastifyRequest, baseUrl: string | undefined): string | undefined {
  const start = `${sessionCookie(request, baseUrl).name}=`
  const pairs = (request.headers.cookie ?? '').split(';').map(pair => pair.trim())
  return pairs.find(pair => pair.startsWith(start))?.slice(start.length) || undefined
}

export type NewSession = { readonly token: string; readonly maxAge: number | undefined; readonly ended: boolean }

/**
 * Begins a session. `maxAge`: seconds that the browser keeps it; undefined: until it is closed.
 * @throws `unauthenticated` if what the holder came with has ended meanwhile
 */
export async function beginSession(store: Store, holder: Holder, remember: boolean): Promise<NewSession> {
  const token = newToken()
  const seconds = remember ? rememberedSeconds : usualSeconds
  const { subject: accountId } = holder
  const ended = await store.transaction(async tx => {
    await requireStillGood(tx, holder)
    const own = (await listTokens(tx, accountId)).filter(({ session }) => session)
    const oldest = own.slice(0, Math.max(0, own.length - most + 1))
    for (const { id } of oldest) await revokeToken(tx, accountId, id)
    await insertToken(tx, accountId, {
      hash: hashOfToken(token),
      prefix: prefixOfToken(token),
      name: tokenName,
      grant: freely(new Date(now() + seconds * 1000)),
      kind: 'session',
    })
    return oldest.length > 0
  })
  return { token, maxAge: remember ? seconds : undefined, ended }
}

/** Ends a session; false if there was none, or if the token is one that no login made. */
export async function endSession(store: Store, token: string): Promise<boolean> {
  const known = await findToken(store, hashOfToken(token))
  if (!known?.alive) return false
  const own = await listTokens(store, known.account_id)
  const session = own.find(({ session, id }) => session && id === known.id)
  return session !== undefined && revokeToken(store, known.account_id, session.id)
}

/** Sessions of an account that are good, oldest first. */
export async function listSessions(store: Store, accountId: string): Promise<ApiToken[]> {
  return (await listTokens(store, accountId)).filter(({ session }) => session)
}

/** Ends all sessions of an account but the one with the given token, if there is one. */
export async function endOtherSessions(tx: Queryable, accountId: string, token: string | undefined): Promise<void> {
  await revokeOtherSessions(tx, accountId, hashOfToken(token ?? ''))
}
