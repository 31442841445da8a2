import { failure, isPdcAdministrator, requireKnownParameters } from '@slipway/contracts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { sendJson } from '../api/answers.ts'
import { methodNotAllowed, requireJsonAccepted } from '../api/rest-framework.ts'
import { methodOf } from '../api/serve-path.ts'
import { type Account, findAccount } from '../identity/account.store.ts'
import { insertToken, listTokens, replaceToken, revokeToken } from '../identity/api-token.store.ts'
import { hashOfToken, newToken, prefixOfToken } from '../identity/api-token.ts'
import type { Caller } from '../identity/authenticator.ts'
import { authorization, basicCredentials } from '../identity/credentials.ts'
import { tokenWithin } from '../identity/delegation.ts'
import { requireStillGood } from '../identity/still-good.ts'
import { authenticate, sentToken } from './authentication.ts'
import type { HandlerOptions, Serve } from './handler.ts'
import { permissionsOf } from './permissions.ts'

export type AuthRoutesOptions = HandlerOptions & {
  /** Called after a token was revoked. */
  readonly announceChange: () => Promise<void>
}

/** Name of the tokens that are made here. */
const tokenName = 'PDC API'
/** Those of one account; then the oldest one goes. Every computer that asks gets a token of its own. */
const most = 20

/** `/auth/…`: tokens, and who the caller is. */
export function authRoutes(serve: Serve, options: AuthRoutesOptions): void {
  const { authenticator, store, announceChange } = options

  /** Who calls, by a token or, here only, by login and password. */
  async function requireCaller(request: FastifyRequest): Promise<Caller> {
    const given = authorization(request)
    const credentials = given?.scheme === 'basic' ? basicCredentials(given.value) : undefined
    const caller = credentials
      ? await authenticator.byPassword(credentials, request.ip)
      : await authenticate(request, authenticator, store)
    if (credentials && !caller) throw failure('unauthenticated', 'Invalid username/password.')
    if (!caller) throw failure('unauthenticated', 'Authentication credentials were not provided.')
    request.actor = caller.identity.login
    return caller
  }

  async function accountOf({ identity }: Caller): Promise<Account> {
    const account = await findAccount(store, identity.login)
    if (account?.id !== identity.subject) throw failure('forbidden', 'Tokens are for accounts of this platform.')
    return account
  }

  /** A new token in place of some, or beside the others, of which there may be only so many. */
  async function makeToken(caller: Caller, replaced: (tokens: { id: string }[]) => readonly string[]) {
    const account = await accountOf(caller)
    const grant = tokenWithin(caller, { scopes: null, expiresAt: null })
    const token = newToken()
    const revoked = await store.transaction(async tx => {
      await requireStillGood(tx, caller.identity)
      const known = (await listTokens(tx, account.id)).filter(({ name }) => name === tokenName)
      const revoked = replaced(known)
      for (const id of revoked) await revokeToken(tx, account.id, id)
      const hash = hashOfToken(token)
      await insertToken(tx, account.id, { hash, prefix: prefixOfToken(token), name: tokenName, grant })
      return revoked
    })
    if (revoked.length > 0) await announceChange()
    return token
  }

  const serveOwn = (
    path: string,
    methods: readonly string[],
    handle: (caller: Caller, request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>,
    { strict = true, changes = false } = {},
  ) =>
    serve(`/auth/${path}`, methods, async (request, reply) => {
      requireJsonAccepted(request.headers.accept)
      reply.header('cache-control', 'no-store')
      const method = methodOf(request)
      if (method === 'OPTIONS')
        return sendJson(reply, 200, { renders: ['application/json'], parses: ['application/json'] })
      const caller = await requireCaller(request)
      if (!methods.includes(method)) throw methodNotAllowed(request.method)
      if (strict) requireKnownParameters(Object.keys(request.query as object), [])
      // A GET of these makes a token; who asks for the head alone could not even see it.
      if (changes && request.method === 'HEAD') return sendJson(reply, 200, {})
      return handle(caller, request, reply)
    })

  serveOwn(
    'token/obtain',
    ['GET', 'POST'],
    async (caller, request, reply) => {
      // Of a token only its hash is kept; whoever has a good one is told the same one.
      const token = sentToken(request)
      if (token !== undefined) return sendJson(reply, 200, { token })
      const oldest = (tokens: { id: string }[]) =>
        tokens.slice(0, Math.max(0, tokens.length - most + 1)).map(({ id }) => id)
      return sendJson(reply, 200, { token: await makeToken(caller, oldest) })
    },
    { changes: true },
  )

  serveOwn(
    'token/refresh',
    ['GET', 'PUT'],
    async (caller, request, reply) => {
      const account = await accountOf(caller)
      const token = sentToken(request)
      const tokens = await listTokens(store, account.id)
      const own = tokens.filter(({ name }) => name === tokenName)
      if (token === undefined && own.length === 0) {
        return sendJson(reply, 400, {
          'Refresh Token Error': 'You have not got a token yet, please try obtain first.',
        })
      }
      if (token === undefined) {
        return sendJson(reply, 200, { token: await makeToken(caller, () => own.map(({ id }) => id)) })
      }
      return sendJson(reply, 200, { token: await refreshed(account, token) })
    },
    { changes: true },
  )

  serveOwn('current-user', ['GET'], describeCaller, { strict: false })

  async function describeCaller({ identity }: Caller, _request: FastifyRequest, reply: FastifyReply) {
    const account = await findAccount(store, identity.login)
    const own = account?.id === identity.subject ? account : undefined
    const fullname = [own?.given_name, own?.family_name].filter(Boolean).join(' ')
    return sendJson(reply, 200, {
      username: identity.login,
      fullname,
      'e-mail': own?.email ?? '',
      is_superuser: identity.superuser,
      is_staff: isPdcAdministrator(identity) || identity.roles.includes('staff'),
      groups: identity.groups,
      permissions: identity.permissions,
      resource_permissions: permissionsOf(identity),
    })
  }

  /** The same token with another secret: its rights and its end stay. */
  async function refreshed(account: Account, old: string): Promise<string> {
    const token = newToken()
    const next = { hash: hashOfToken(token), prefix: prefixOfToken(token), name: tokenName }
    // It may have ended since the caller was looked up.
    if (!(await replaceToken(store, account.id, hashOfToken(old), next))) {
      throw failure('unauthenticated', 'Invalid token.')
    }
    await announceChange()
    return token
  }
}
