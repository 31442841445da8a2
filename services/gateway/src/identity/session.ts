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
export const sessionCookie = 'slipway_session'

/** Seconds that a session lasts; the second figure is that of a browser which is to remember it. */
const usualSeconds = 12 * 3600
const rememberedSeconds = 31 * 24 * 3600
/** Sessions of one account; then the oldest one goes. */
const most = 20

/** The token of the session that a request belongs to, good or not. */
export function sessionToken({ headers }: FastifyRequest): string | undefined {
  const pairs = (headers.cookie ?? '').split(';').map(pair => pair.trim())
  return pairs.find(pair => pair.startsWith(`${sessionCookie}=`))?.slice(sessionCookie.length + 1) || undefined
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

/** Ends all sessions of an account but that of a request, if that has one. */
export async function endOtherSessions(tx: Queryable, accountId: string, request: FastifyRequest): Promise<void> {
  await revokeOtherSessions(tx, accountId, hashOfToken(sessionToken(request) ?? ''))
}
