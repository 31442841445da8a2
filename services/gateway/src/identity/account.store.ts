import { type Identity, type KnownAccount, loginKey } from '@slipway/contracts'
import { outboxColumns, type Queryable, type Statement, type Store } from '@slipway/store'
import { type Author, requireAccountWithin } from './delegation.ts'
import { requireLogin } from './login.ts'

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
  readonly lang_key: string
  /** Two letters. */
  readonly country: string | null
  /** False until the e-mail address is proved right. */
  readonly activated: boolean
  /** The affiliate behind it was struck off. */
  readonly deregistered: boolean
  /** Another one after each change that took something away, or changed the password. */
  readonly epoch: number
  readonly created_at: string
  readonly updated_at: string
}

/** What can be set of an account. */
export type AccountFields = Omit<Account, 'id' | 'login' | 'deregistered' | 'epoch' | 'created_at' | 'updated_at'>

/** Nobody signs in with an account that was switched off, is still to be activated, or was struck off. */
export const maySignIn = ({ active, activated, deregistered }: Account): boolean => active && activated && !deregistered

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
  superuser, lang_key, country, activated, deregistered, epoch, created_at, updated_at`

const byLogin: Statement = {
  name: 'account.by-login',
  text: `select ${columns} from account where lower(login) = lower($1)`,
}
const page: Statement = {
  name: 'account.page',
  text: `select ${columns} from account where lower(login) > lower($1) order by lower(login) limit $2`,
}
/** Never with the key that activates it: events are read by many. */
const told = (verb: 'created' | 'updated', actor: string, data: string) => `
    insert into platform.outbox (${outboxColumns})
    select 'account', '${verb}', id::text, seq, ${actor}, null, ${data} from changed returning data`
const changedTold = (baseUrl: string) => `account_told(row(changed.*)::account, null, ${baseUrl})`
/** With the affiliate that it is made for, if there is one. */
const createdTold = `case when $20::bigint is null then ${changedTold('$18')}
      else (${changedTold('$18')}::jsonb || jsonb_build_object('affiliate_id', $20::bigint))::json end`
const insert: Statement = {
  name: 'account.insert',
  text: `
    with changed as (
      insert into account (login, password_hash, email, given_name, family_name, roles, groups, permissions, member,
        active, superuser, lang_key, country, activated, activation_hash, activation_expires_at)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $16, $17)
      returning *
    ), known as (
      insert into known_login (key, login, subject) select $19, login, id::text from changed
    ), told as (${told('created', '$15', createdTold)}
    )
    select ${columns}, (select data from told) as told from changed`,
}
const update: Statement = {
  name: 'account.update',
  text: `
    with changed as (
      update account set password_hash = $2, email = $3, given_name = $4, family_name = $5, roles = $6, groups = $7,
        permissions = $8, member = $9, active = $10, superuser = $11, lang_key = $12, country = $13, activated = $14,
        updated_at = now(), seq = seq + 1
      where id = $1
      returning *
    ), told as (${told('updated', '$15', changedTold('null'))}
    )
    select ${columns}, (select data from told) as told from changed`,
}
const locked: Statement = {
  name: 'account.locked',
  text: `select ${columns} from account where lower(login) = lower($1) for update`,
}
const remove: Statement = {
  name: 'account.delete',
  text: `
    with gone as (delete from account where id = $1 returning *)
    insert into platform.outbox (${outboxColumns})
    select 'account', 'deleted', id::text, seq + 1, $2, null,
      json_build_object('login', login, 'sequence', nextval('account_change'))
    from gone`,
}
const loginGiven: Statement = {
  name: 'account.login-given',
  text: 'select from known_login where key = $1',
}
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
  fields.lang_key,
  fields.country,
  fields.activated,
]

/** Logins are the same whatever their case. */
export async function findAccount(store: Store, login: string): Promise<Account | undefined> {
  const [account] = await store.read<Account>(byLogin, [login])
  return account
}

/** Whether a login is or was somebody's: of an account, also a deleted one, or of a user of the external issuer. */
export async function isLoginGiven(tx: Queryable, login: string): Promise<boolean> {
  return (await tx.query(loginGiven, [loginKey(login)])).length > 0
}

/** In the order of logins, those after the given one. */
export function listAccounts(store: Store, after: string, limit: number): Promise<Account[]> {
  return store.read<Account>(page, [after, limit])
}

export async function lockAccount(tx: Queryable, login: string): Promise<Account | undefined> {
  const [account] = await tx.query<Account>(locked, [login])
  return account
}

/** How an account comes into being by itself: with a key that its owner is sent, and that is kept only as a hash. */
export type Registration = {
  readonly key: string
  readonly hash: Buffer
  readonly expiresAt: Date
  /** What the link in the mail starts with. */
  readonly baseUrl: string
}

/** What is known of a new account beside what is kept of it. */
export type NewAccount = {
  readonly registration?: Registration | undefined
  /** That it is made for, and that was there before. */
  readonly affiliateId?: number | undefined
}

export type ToldAccount = Account & {
  /** What services are told of it; the key is for the one that mails it. */
  readonly told: KnownAccount
}

/**
 * Makes an account and tells of it, in one statement; as the following ones do. A login is never given twice, also when
 * its account was deleted: the database refuses it.
 * @throws `forbidden` where the author may not, `invalid` for a login that nobody may be given
 */
export async function insertAccount(
  tx: Queryable,
  login: string,
  fields: AccountFields,
  author: Author,
  { registration, affiliateId }: NewAccount = {},
): Promise<ToldAccount> {
  requireAccountWithin(author, undefined, fields)
  if (!author.configured) requireLogin(login)
  const { actor } = author
  const { hash = null, expiresAt = null, key = null, baseUrl = null } = registration ?? {}
  const [account] = await tx.query<ToldAccount>(insert, [
    login,
    ...values(fields),
    actor,
    hash,
    expiresAt,
    baseUrl,
    loginKey(login),
    affiliateId ?? null,
  ])
  const made = account as ToldAccount
  return { ...made, told: { ...made.told, activation_key: key } }
}

/** `before`: the account as it is, locked. @throws `forbidden` where the author may not */
export async function updateAccount(
  tx: Queryable,
  before: Account,
  fields: AccountFields,
  author: Author,
): Promise<ToldAccount> {
  requireAccountWithin(author, before, fields)
  const [account] = await tx.query<ToldAccount>(update, [before.id, ...values(fields), author.actor])
  return account as ToldAccount
}

/** Its tokens go with it. @throws `forbidden` where the author may not */
export async function deleteAccount(tx: Queryable, before: Account, author: Author): Promise<void> {
  requireAccountWithin(author, before, undefined)
  await tx.query(remove, [before.id, author.actor])
}

export async function hasOtherSuperuser(tx: Queryable, id: string): Promise<boolean> {
  return (await tx.query(otherSuperusers, [id])).length > 0
}
