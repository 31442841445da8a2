import type { Identity } from '@slipway/contracts'
import type { Queryable, Statement, Store } from '@slipway/store'

export type Account = {
  readonly id: string
  readonly login: string
  readonly password_hash: string | null
  readonly email: string | null
  readonly given_name: string | null
  readonly family_name: string | null
  readonly roles: readonly string[]
  readonly groups: readonly string[]
  readonly permissions: readonly string[]
  readonly member: string | null
  readonly active: boolean
  readonly superuser: boolean
  readonly created_at: string
  readonly updated_at: string
}

/** What can be set of an account. */
export type AccountFields = Omit<Account, 'id' | 'login' | 'created_at' | 'updated_at'>

export function identityOf(account: Account): Identity {
  const { id, login, roles, groups, permissions, member, superuser } = account
  return {
    subject: id,
    login,
    kind: 'user',
    roles: [...roles],
    groups: [...groups],
    permissions: [...permissions],
    member,
    superuser,
  }
}

const columns = `id, login, password_hash, email, given_name, family_name, roles, groups, permissions, member, active,
  superuser, created_at, updated_at`

const byLogin: Statement = {
  name: 'account.by-login',
  text: `select ${columns} from account where lower(login) = lower($1)`,
}
const page: Statement = {
  name: 'account.page',
  text: `select ${columns} from account where lower(login) > lower($1) order by lower(login) limit $2`,
}
const insert: Statement = {
  name: 'account.insert',
  text: `insert into account
      (login, password_hash, email, given_name, family_name, roles, groups, permissions, member, active, superuser)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
    returning ${columns}`,
}
const update: Statement = {
  name: 'account.update',
  text: `update account set password_hash = $2, email = $3, given_name = $4, family_name = $5, roles = $6, groups = $7,
      permissions = $8, member = $9, active = $10, superuser = $11, updated_at = now()
    where id = $1
    returning ${columns}`,
}
const locked: Statement = {
  name: 'account.locked',
  text: `select ${columns} from account where lower(login) = lower($1) for update`,
}
const remove: Statement = { name: 'account.delete', text: 'delete from account where id = $1' }
const otherSuperusers: Statement = {
  name: 'account.other-superusers',
  text: 'select id from account where superuser and active and id <> $1 limit 1',
}

const values = (fields: AccountFields) => [
  fields.password_hash,
  fields.email,
  fields.given_name,
  fields.family_name,
  fields.roles,
  fields.groups,
  fields.permissions,
  fields.member,
  fields.active,
  fields.superuser,
]

/** Logins are the same whatever their case. */
export async function findAccount(store: Store, login: string): Promise<Account | undefined> {
  const [account] = await store.read<Account>(byLogin, [login])
  return account
}

/** In the order of logins, those after the given one. */
export function listAccounts(store: Store, after: string, limit: number): Promise<Account[]> {
  return store.read<Account>(page, [after, limit])
}

export async function lockAccount(tx: Queryable, login: string): Promise<Account | undefined> {
  const [account] = await tx.query<Account>(locked, [login])
  return account
}

export async function insertAccount(tx: Queryable, login: string, fields: AccountFields): Promise<Account> {
  const [account] = await tx.query<Account>(insert, [login, ...values(fields)])
  return account as Account
}

export async function updateAccount(tx: Queryable, id: string, fields: AccountFields): Promise<Account> {
  const [account] = await tx.query<Account>(update, [id, ...values(fields)])
  return account as Account
}

/** Its tokens go with it. */
export async function deleteAccount(tx: Queryable, id: string): Promise<void> {
  await tx.query(remove, [id])
}

export async function hasOtherSuperuser(tx: Queryable, id: string): Promise<boolean> {
  return (await tx.query(otherSuperusers, [id])).length > 0
}
