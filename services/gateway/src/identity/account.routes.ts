import { failure } from '@slipway/contracts'
import type { TellFollower } from '@slipway/service'
import { isUniqueViolation, type Store } from '@slipway/store'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { parsed } from '../api/platform-errors.ts'
import { type Account, findAccount, hasOtherSuperuser, listAccounts, lockAccount } from './account.store.ts'
import { changedFields, shownAccount } from './account.ts'
import { deleteAccount, insertAccount, updateAccount } from './account-change.ts'
import type { Authenticator } from './authenticator.ts'
import { requireAdministrator, requireCaller } from './caller.ts'
import { authorOf } from './delegation.ts'
import { newLogin } from './login.ts'
import { hashPassword } from './password.ts'

export type AccountRoutesOptions = {
  readonly store: Store
  readonly authenticator: Authenticator
  /** Called after accounts or tokens changed. */
  readonly announceChange: () => Promise<void>
  /** Has the catalog show at once what an account is by now. */
  readonly showAccount: TellFollower
}

const word = z.string().min(1).max(200)
const words = z.array(word).max(10_000)
const name = z.string().max(200).nullable()

const settable = {
  password: z.string().min(1).max(1024).nullable(),
  email: name,
  givenName: name,
  familyName: name,
  roles: words,
  groups: words,
  permissions: words,
  member: name,
  active: z.boolean(),
  superuser: z.boolean(),
}
export const changeSchema = z.strictObject(settable).partial()
export const newAccountSchema = changeSchema.extend({
  login: newLogin(200),
})
const listSchema = z.object({
  after: z.string().default(''),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
})

type Change = z.infer<typeof changeSchema>
type WithLogin = { Params: { login: string } }

/** `/api/v1/accounts`: who may sign in, and with which roles; for administrators. */
export function accountRoutes(
  app: FastifyInstance,
  { store, authenticator, announceChange, showAccount }: AccountRoutesOptions,
): void {
  app.get('/api/v1/accounts', async request => {
    requireAdministrator(await requireCaller(request, authenticator))
    const { after, limit } = parsed(listSchema, request.query)
    const accounts = await listAccounts(store, after, limit)
    return { results: accounts.map(shownAccount), next: accounts.length === limit ? accounts.at(-1)?.login : null }
  })

  app.get<WithLogin>('/api/v1/accounts/:login', async request => {
    requireAdministrator(await requireCaller(request, authenticator))
    return shownAccount(found(await findAccount(store, request.params.login)))
  })

  app.post('/api/v1/accounts', async (request, reply) => {
    const author = authorOf(requireAdministrator(await requireCaller(request, authenticator)))
    const { login, ...change } = parsed(newAccountSchema, request.body)
    const fields = changedFields(undefined, change, await newHash(change))
    try {
      const account = await insertAccount(store, login, fields, author)
      await announceChange()
      await showAccount(account.id)
      return await reply.code(201).send(shownAccount(account))
    } catch (error) {
      if (isUniqueViolation(error)) throw failure('conflict', 'There is an account with this login.', { cause: error })
      throw error
    }
  })

  app.patch<WithLogin>('/api/v1/accounts/:login', async request => {
    const author = authorOf(requireAdministrator(await requireCaller(request, authenticator)))
    const change = parsed(changeSchema, request.body)
    const passwordHash = await newHash(change)
    const account = await store.transaction(async tx => {
      const existing = found(await lockAccount(tx, request.params.login))
      const fields = changedFields(existing, change, passwordHash)
      const changed = await updateAccount(tx, existing, fields, author)
      if (existing.superuser && !(fields.superuser && fields.active) && !(await hasOtherSuperuser(tx, existing.id))) {
        throw failure('conflict', 'The last account that may do everything must stay as it is.')
      }
      return changed
    })
    await announceChange()
    await showAccount(account.id)
    return shownAccount(account)
  })

  app.delete<WithLogin>('/api/v1/accounts/:login', async (request, reply) => {
    const author = authorOf(requireAdministrator(await requireCaller(request, authenticator)))
    const { id } = await store.transaction(async tx => {
      const existing = found(await lockAccount(tx, request.params.login))
      await deleteAccount(tx, existing, author)
      if (existing.superuser && !(await hasOtherSuperuser(tx, existing.id))) {
        throw failure('conflict', 'The last account that may do everything must stay.')
      }
      return existing
    })
    await announceChange()
    await showAccount(id)
    return reply.code(204).send()
  })
}

async function newHash({ password }: Change): Promise<string | null | undefined> {
  return typeof password === 'string' ? hashPassword(password) : password
}

function found(account: Account | undefined): Account {
  if (!account) throw failure('not_found', 'There is no such account.')
  return account
}
