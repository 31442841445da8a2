import { failure, isoTimeOfAnyZone } from '@slipway/contracts'
import { now } from '@slipway/store'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { parsed } from '../api/platform-errors.ts'
import type { AccountRoutesOptions } from './account.routes.ts'
import { type Account, findAccount } from './account.store.ts'
import { type ApiToken, countTokens, insertToken, listTokens, renameToken, revokeToken } from './api-token.store.ts'
import { hashOfToken, newToken, prefixOfToken } from './api-token.ts'
import type { Caller } from './authenticator.ts'
import { requireCaller } from './caller.ts'
import { requireTokenManager, tokenWithin } from './delegation.ts'
import { requireStillGood } from './still-good.ts'

/** Good tokens that one account may have. */
const most = 50

export const newTokenSchema = z.strictObject({
  name: z.string().trim().min(1).max(200),
  scopes: z.array(z.string().min(1).max(200)).max(100).nullable().optional(),
  expiresAt: isoTimeOfAnyZone().nullable().optional(),
})
export const tokenChangeSchema = newTokenSchema.pick({ name: true })
const idPattern = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i

/** `/api/v1/users/me/tokens`: the caller's own API tokens. A token is shown once, when it is made. */
export function tokenRoutes(
  app: FastifyInstance,
  { store, authenticator, announceChange }: AccountRoutesOptions,
): void {
  async function ownAccount(request: FastifyRequest): Promise<Account & { readonly caller: Caller }> {
    const caller = await requireCaller(request, authenticator)
    requireTokenManager(caller.bounds)
    const account = await findAccount(store, caller.identity.login)
    if (account?.id !== caller.identity.subject) throw failure('forbidden', 'Tokens are for accounts of this platform.')
    return { ...account, caller }
  }

  app.get('/api/v1/users/me/tokens', async request => {
    const { id } = await ownAccount(request)
    return { results: (await listTokens(store, id)).map(shown) }
  })

  app.post('/api/v1/users/me/tokens', async (request, reply) => {
    const account = await ownAccount(request)
    const { name, scopes, expiresAt } = parsed(newTokenSchema, request.body)
    const expires = expiresAt ? new Date(expiresAt) : null
    if (expires && expires.getTime() <= now()) throw failure('refused', 'expiresAt must be in the future.')
    const grant = tokenWithin(account.caller, { scopes: scopes ?? null, expiresAt: expires })
    const token = newToken()
    const created = await store.transaction(async tx => {
      // Its lock on the account makes the count hold.
      await requireStillGood(tx, account.caller.identity)
      if ((await countTokens(tx, account.id)) >= most)
        throw failure('conflict', `No more than ${most} tokens are kept.`)
      const hash = hashOfToken(token)
      return insertToken(tx, account.id, { hash, prefix: prefixOfToken(token), name, grant })
    })
    const { id, createdAt, expiresAt: until } = shown(created)
    return reply
      .code(201)
      .send({ id, name, token, createdAt, expiresAt: until, ...(grant.scopes && { scopes: grant.scopes }) })
  })

  app.patch<{ Params: { id: string } }>('/api/v1/users/me/tokens/:id', async request => {
    const account = await ownAccount(request)
    const { name } = parsed(tokenChangeSchema, request.body)
    const { id } = request.params
    const renamed = idPattern.test(id) ? await renameToken(store, account.id, id, name) : undefined
    if (!renamed) throw failure('not_found', 'There is no such token.')
    return shown(renamed)
  })

  app.delete<{ Params: { id: string } }>('/api/v1/users/me/tokens/:id', async (request, reply) => {
    const account = await ownAccount(request)
    const { id } = request.params
    if (!idPattern.test(id) || !(await revokeToken(store, account.id, id))) {
      throw failure('not_found', 'There is no such token.')
    }
    await announceChange()
    return reply.code(204).send()
  })
}

function shown({ id, name, prefix, created_at, last_used_at, expires_at, scopes }: ApiToken) {
  return { id, name, prefix, createdAt: created_at, lastUsedAt: last_used_at, expiresAt: expires_at, scopes }
}
