import { failure } from '@slipway/contracts'
import type { FastifyReply } from 'fastify'
import { parsed } from '../../api/platform-errors.ts'
import { type Account, findAccount, lockAccount } from '../../identity/account.store.ts'
import { type AccountChange, changedFields } from '../../identity/account.ts'
import { updateAccount } from '../../identity/account-change.ts'
import { revokeToken } from '../../identity/api-token.store.ts'
import { limitAttempts } from '../../identity/attempts.ts'
import type { Caller } from '../../identity/authenticator.ts'
import { authorOf, requireTokenManager } from '../../identity/delegation.ts'
import { hashPassword, requireShortLine } from '../../identity/password.ts'
import { endOtherSessions, listSessions, sessionToken } from '../../identity/session.ts'
import { bareText, jsonObject } from '../body.ts'
import type { Endpoint, EndpointCall } from '../endpoint.ts'
import { notFound } from '../serve-endpoints.ts'
import { ownPassword, ownProfileInput } from './person-input.ts'

/** Changes of one account; new passwords cost time. */
const attempts = limitAttempts({ max: 20, windowMs: 60_000 })

type Own = { readonly account: Account; readonly caller: Caller }

/** @throws `forbidden` for users of an external issuer, whose accounts are there */
async function ownAccount({ caller, options }: EndpointCall): Promise<Own> {
  const account = caller && (await findAccount(options.store, caller.identity.login))
  if (!caller || account?.id !== caller.identity.subject) {
    throw failure('forbidden', 'The account is not one of this platform.')
  }
  return { account, caller }
}

/**
 * Changes the account of the caller, in one transaction with what must end by it. `endSessions`: all others of theirs.
 * @throws `forbidden` for what the credential may not change, `rate_limited`
 */
async function changeOwn(
  endpointCall: EndpointCall,
  { account, caller }: Own,
  change: AccountChange,
  passwordHash?: string,
): Promise<void> {
  const { request, call, options } = endpointCall
  const { store, announceChange, showAccount } = options
  await store.transaction(async tx => {
    const existing = await lockAccount(tx, account.login)
    if (existing?.id !== account.id) throw notFound()
    await updateAccount(tx, existing, changedFields(existing, change, passwordHash), authorOf(caller))
    if (passwordHash !== undefined) await endOtherSessions(tx, account.id, sessionToken(request, call.baseUrl))
  })
  await announceChange()
  await showAccount(account.id)
}

const done = (reply: FastifyReply) => reply.code(200).header('content-length', '0').send()

async function saveProfile(endpointCall: EndpointCall): Promise<FastifyReply> {
  const { firstName, lastName, email, langKey } = parsed(ownProfileInput, jsonObject(endpointCall.request))
  const own = await ownAccount(endpointCall)
  attempts.begin(own.account.id)
  const change = {
    givenName: firstName,
    familyName: lastName,
    email: email ?? undefined,
    langKey: langKey ?? undefined,
  }
  await changeOwn(endpointCall, own, change)
  return done(endpointCall.reply)
}

/** The body is the new password, without quotes or with them. */
async function changePassword(endpointCall: EndpointCall): Promise<FastifyReply> {
  const text = bareText(endpointCall.request)
  // As in MLDS, whose clients know the status.
  if (text === '') throw failure('forbidden', 'The new password is missing.')
  const { password } = parsed(ownPassword, { password: text })
  const own = await ownAccount(endpointCall)
  requireShortLine()
  attempts.begin(own.account.id)
  await changeOwn(endpointCall, own, {}, await hashPassword(password))
  return done(endpointCall.reply)
}

async function sessions(endpointCall: EndpointCall): Promise<FastifyReply> {
  const { account, caller } = await ownAccount(endpointCall)
  requireTokenManager(caller.bounds)
  const shown = (await listSessions(endpointCall.options.store, account.id)).map(({ id, created_at }) => ({
    series: id,
    ipAddress: null,
    userAgent: null,
    formattedTokenDate: new Date(created_at).toLocaleDateString('en-GB', {
      day: 'numeric',
      month: 'long',
      year: 'numeric',
      timeZone: 'UTC',
    }),
  }))
  return endpointCall.reply.header('content-type', 'application/json').send(JSON.stringify(shown))
}

async function endOne(endpointCall: EndpointCall): Promise<FastifyReply> {
  const { parameters, options } = endpointCall
  const { account, caller } = await ownAccount(endpointCall)
  requireTokenManager(caller.bounds)
  const session = (await listSessions(options.store, account.id)).find(({ id }) => id === parameters.series)
  if (!session || !(await revokeToken(options.store, account.id, session.id))) throw notFound()
  await options.announceChange()
  return done(endpointCall.reply)
}

export const ownAccountEndpoints: readonly Endpoint[] = [
  {
    method: 'POST',
    path: '/api/account',
    audience: 'signed-in',
    answer: saveProfile,
    describe: { summary: 'Changes the names, the e-mail address and the language of the caller' },
  },
  {
    method: 'POST',
    path: '/api/account/change_password',
    audience: 'signed-in',
    answer: changePassword,
    describe: { summary: 'Gives the caller another password, and ends their other sessions' },
  },
  {
    method: 'GET',
    path: '/api/account/sessions',
    audience: 'signed-in',
    answer: sessions,
    describe: { summary: 'Lists the sessions of the caller' },
  },
  {
    method: 'DELETE',
    path: '/api/account/sessions/:series',
    audience: 'signed-in',
    answer: endOne,
    describe: { summary: 'Ends a session of the caller' },
  },
]
