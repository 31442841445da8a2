import { json } from 'node:stream/consumers'
import {
  failure,
  invalid,
  loginFault,
  orgMemberOperations,
  orgOperations,
  ownerProfileOperations,
  unfitText,
} from '@slipway/contracts'
import { hasRole } from '@slipway/service'
import { isUniqueViolation } from '@slipway/store'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isRead, methodOf } from '../api/serve-path.ts'
import { queryParameters } from '../http/query.ts'
import { rawBodyOf } from '../http/raw-body.ts'
import { type Account, listAccounts, lockAccount } from '../identity/account.store.ts'
import { changedFields } from '../identity/account.ts'
import { insertAccount, updateAccount } from '../identity/account-change.ts'
import type { Caller } from '../identity/authenticator.ts'
import { authorOf } from '../identity/delegation.ts'
import { hashPassword } from '../identity/password.ts'
import { prepare } from '../sql.ts'
import { authenticate, requireKnown } from './authentication.ts'
import { readFields } from './body.ts'
import { loginToken } from './login-token.ts'
import { callOf, methodNotAllowed, route, type SourceExportsOptions } from './route.ts'
import { sendAnswer, sendJson } from './send.ts'
import { memberOperations } from './table.ts'
import { knowsPerson, requireAccount, requireGivenLogin, requireLogin, userDetail, userRow } from './user.ts'
import { findProfile, insertProfile, profileOf } from './user-profile.ts'

/** The one word that is a path of its own among users. */
const usernamePattern = /^(?!login$)(?!\.{1,2}$)[a-zA-Z0-9._-]{1,255}$/

const countAccounts = prepare()('ocl.count-accounts', db =>
  db.selectFrom('account').select(eb => eb.fn.countAll<number>().as('total')),
)

/** Users are the platform's accounts: who they are, how they sign in, and which orgs they are members of. */
export function userRoutes(app: FastifyInstance, options: SourceExportsOptions): void {
  const { bus, store, authenticator } = options

  async function known(request: FastifyRequest): Promise<Caller> {
    return requireKnown(await authenticate(request, authenticator))
  }

  async function staff(request: FastifyRequest): Promise<Caller> {
    const caller = await known(request)
    if (!hasRole(caller.identity, 'staff')) {
      throw failure('forbidden', 'You do not have permission to perform this action.')
    }
    return caller
  }

  async function detail(
    request: FastifyRequest,
    reply: FastifyReply,
    caller: Caller | null,
    account: Account,
    status = 200,
  ) {
    const call = await callOf(options, request, caller, ownerProfileOperations.get)
    const [owned, profile] = await Promise.all([
      bus.call(ownerProfileOperations.get, { login: account.login }, call),
      findProfile(store, account.id),
    ])
    return sendJson(request, reply, status, userDetail(account, owned, profile, knowsPerson(caller, account)))
  }

  route(app, '/users/login', ['POST'], async (request, reply) => {
    if (request.method !== 'POST') throw methodNotAllowed(request)
    const { username, password } = await fieldsOf(request, ['username', 'password'])
    const credentials = { login: username as string, password: password as string }
    const caller = await authenticator.byPassword(credentials, request.ip)
    if (!caller) throw failure('unauthenticated', 'No such user or wrong password.')
    const login = { holder: caller.identity, password: password as string }
    const token = await loginToken(store, login, options.announceChange)
    return sendJson(request, reply, 200, { token })
  })

  route(app, '/users', ['GET', 'POST'], async (request, reply) => {
    if (request.method === 'POST') {
      const caller = await staff(request)
      return detail(request, reply, caller, await createUser(request, caller), 201)
    }
    if (!isRead(request)) throw methodNotAllowed(request)
    const caller = await authenticate(request, authenticator)
    const [counted] = await store.read(countAccounts)
    const page = pageOf(request, counted?.total ?? 0, `${options.baseUrlOf(request)}/users/`)
    const accounts = await listAccounts(store, '', page.offset + page.limit)
    reply.headers(page.headers)
    return sendJson(request, reply, 200, accounts.slice(page.offset).map(shownTo(caller)))
  })

  async function createUser(request: FastifyRequest, caller: Caller): Promise<Account> {
    const given = await fieldsOf(request, ['username', 'name', 'email', 'password'])
    const { username, name, email, password } = given
    const profile = profileOf(given)
    if (!usernamePattern.test(username as string)) throw refused('username', 'Enter a valid value.')
    const fault = loginFault(username as string)
    if (fault !== undefined) throw refused('username', `This username ${fault}.`)
    const hash = await hashPassword(password as string)
    const fields = changedFields(undefined, { email: email as string, givenName: name as string }, hash)
    try {
      const account = await store.transaction(async tx => {
        const made = await insertAccount(tx, username as string, fields, authorOf(caller))
        await insertProfile(tx, made.id, profile)
        return made
      })
      await options.announceChange()
      await options.showAccount(account.id)
      return account
    } catch (error) {
      if (isUniqueViolation(error)) throw refused('username', 'A user with this username already exists')
      throw error
    }
  }

  route(app, '/user', ['GET'], async (request, reply) => {
    const caller = await known(request)
    if (!isRead(request)) throw methodNotAllowed(request)
    return detail(request, reply, caller, await requireAccount(store, caller.identity.login))
  })

  route(app, '/users/:user', ['GET', 'DELETE'], async (request, reply) => {
    const caller = await authenticate(request, authenticator)
    const account = await requireAccount(store, (request.params as { user: string }).user)
    if (isRead(request)) return detail(request, reply, caller, account)
    if (request.method === 'DELETE') return activate(request, reply, account, false)
    throw methodNotAllowed(request)
  })

  route(app, '/users/:user/reactivate', ['PUT'], async (request, reply) => {
    await authenticate(request, authenticator)
    const account = await requireAccount(store, (request.params as { user: string }).user)
    if (request.method !== 'PUT') throw methodNotAllowed(request)
    return activate(request, reply, account, true)
  })

  async function activate(request: FastifyRequest, reply: FastifyReply, { id, login }: Account, active: boolean) {
    const caller = await staff(request)
    await store.transaction(async tx => {
      const account = await lockAccount(tx, login)
      if (!account) throw failure('not_found', 'Not found.')
      await updateAccount(tx, account, changedFields(account, { active }, undefined), authorOf(caller))
      if (account.superuser && !active) throw failure('refused', 'The administrator cannot be deactivated here.')
    })
    await options.announceChange()
    await options.showAccount(id)
    return reply.code(204).send()
  }

  for (const path of ['/user/orgs', '/users/:user/orgs']) {
    route(app, path, ['GET'], async (request, reply) => {
      const caller = await authenticate(request, authenticator)
      const { user } = request.params as { user?: string }
      const { login } = await requireAccount(store, user ?? requireKnown(caller).identity.login)
      if (!isRead(request)) throw methodNotAllowed(request)
      const call = await callOf(options, request, caller, orgOperations.list)
      const input = { member: login, query: queryParameters(request) }
      return sendAnswer(bus, orgOperations.list, input, call, request, reply)
    })
  }

  route(app, '/orgs/:org/members', ['GET'], async (request, reply) => {
    if (!isRead(request)) throw methodNotAllowed(request)
    const caller = await authenticate(request, authenticator)
    const { org } = request.params as { org: string }
    const call = await callOf(options, request, caller, orgMemberOperations.list)
    const answer = await bus.openStream(orgMemberOperations.list, { org, query: queryParameters(request) }, call)
    const logins = (await json(answer.body)) as string[]
    const rows = await Promise.all(
      logins.map(login => requireAccount(store, login).then(shownTo(caller), () => unknown(login))),
    )
    reply.headers(answer.headers)
    return sendJson(request, reply, 200, rows)
  })

  route(app, '/orgs/:org/members/:user', ['GET', 'PUT', 'DELETE'], async (request, reply) => {
    const caller = await authenticate(request, authenticator)
    const { org, user } = request.params as { org: string; user: string }
    const method = methodOf(request)
    const operation = memberOperations[method as keyof typeof memberOperations]
    if (!operation) throw methodNotAllowed(request)
    const member = method === 'PUT' ? await requireLogin(store, user) : await requireGivenLogin(store, user)
    const call = await callOf(options, request, caller, operation)
    return sendAnswer(bus, operation, { org, member }, call, request, reply)
  })
}

const shownTo = (caller: Caller | null) => (account: Account) => userRow(account, knowsPerson(caller, account))

/** A member without an account here: of an external issuer, or one that was deleted. */
const unknown = (login: string) => ({ username: login, name: login, url: `/users/${login}/`, type: 'User' })

const refused = (name: string, message: string) => invalid([{ path: [name], reason: 'invalid', message }])

/** Texts that must be there. @throws `invalid` with every one that is missing or blank */
async function fieldsOf(request: FastifyRequest, names: readonly string[]): Promise<Record<string, string>> {
  const given = ((await readFields(rawBodyOf(request))) ?? {}) as Readonly<Record<string, unknown>>
  const problems = names.flatMap(name => {
    const value = given[name]
    if (value === undefined) return [{ path: [name], reason: 'required', message: 'This field is required.' }]
    if (value === null) return [{ path: [name], reason: 'null', message: 'This field may not be null.' }]
    if (typeof value !== 'string') return [{ path: [name], reason: 'not_a_string', message: 'Not a valid string.' }]
    const unfit = unfitText(value)
    if (unfit) return [{ path: [name], ...unfit }]
    return value.trim() === '' ? [{ path: [name], reason: 'blank', message: 'This field may not be blank.' }] : []
  })
  if (problems.length > 0) throw invalid(problems)
  return given as Record<string, string>
}

function pageOf(request: FastifyRequest, total: number, url: string) {
  const query = queryParameters(request)
  const number = (name: string, least: number, fallback: number) => {
    const value = Number(query[name]?.at(-1)?.match(/^\d+$/)?.[0] ?? Number.NaN)
    return value >= least ? value : fallback
  }
  const limit = number('limit', 0, 10) || Math.max(1, total)
  const pages = Math.max(1, Math.ceil(total / limit))
  const page = number('page', 1, 1)
  if (page > pages) throw failure('not_found', 'Not found.')
  const link = (to: number) => {
    const parameters = new URLSearchParams(
      Object.entries(query).flatMap(([key, all]) => all.map((one): [string, string] => [key, one])),
    )
    parameters.set('page', String(to))
    return `${url}?${parameters}`
  }
  const offset = (page - 1) * limit
  return {
    limit,
    offset,
    headers: {
      num_found: String(total),
      num_returned: String(Math.min(limit, total - offset)),
      offset: String(offset),
      pages: String(pages),
      page_number: String(page),
      ...(page < pages && { next: link(page + 1) }),
      ...(page > 1 && { previous: link(page - 1) }),
    },
  }
}
