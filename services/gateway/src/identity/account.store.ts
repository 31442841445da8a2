import { type Identity, loginKey } from '@slipway/contracts'
import type { Queryable, Store } from '@slipway/store'
import { type Expression, type ExpressionBuilder, sql } from 'kysely'
import type { Database } from '../database.ts'
import { lower, prepare } from '../sql.ts'

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

export const accountColumns = [
  'id',
  'login',
  'password_hash',
  'email',
  'given_name',
  'family_name',
  'roles',
  'groups',
  'permissions',
  'member',
  'active',
  'superuser',
  'lang_key',
  'country',
  'activated',
  'deregistered',
  'epoch',
  'created_at',
  'updated_at',
] as const

/** Logins are the same whatever their case. */
export const hasLogin = (eb: ExpressionBuilder<Database, 'account'>, login: Expression<string>) =>
  eb(lower(eb.ref('account.login')), '=', lower(login))

const byLogin = prepare<{ login: string }>()('account.by-login', (db, p) =>
  db
    .selectFrom('account')
    .select(accountColumns)
    .where(eb => hasLogin(eb, p.login)),
)
const locked = prepare<{ login: string }>()('account.locked', (db, p) =>
  db
    .selectFrom('account')
    .select(accountColumns)
    .where(eb => hasLogin(eb, p.login))
    .forUpdate(),
)
const page = prepare<{ after: string; limit: number }>()('account.page', (db, p) =>
  db
    .selectFrom('account')
    .select(accountColumns)
    .where(eb => eb(lower(eb.ref('login')), '>', lower(p.after)))
    .orderBy(eb => lower(eb.ref('login')))
    .limit(p.limit),
)
const loginGiven = prepare<{ key: string }>()('account.login-given', (db, p) =>
  db.selectFrom('known_login').where('key', '=', p.key),
)
/** Keys are coarser than logins: those of two logins that look alike are the same. */
const holder = prepare<{ key: string; login: string }>()('account.holder-of-login', (db, p) =>
  db
    .selectFrom('known_login as k')
    .select('k.login')
    .where('k.key', '=', p.key)
    .where(eb => eb(lower(eb.ref('k.login')), '=', lower(p.login)))
    .where(eb =>
      eb.or([
        eb.exists(eb.selectFrom('account as a').where(sql<string>`a.id::text`, '=', eb.ref('k.subject'))),
        eb.exists(eb.selectFrom('external_profile as e').whereRef('e.subject', '=', 'k.subject')),
      ]),
    ),
)
const otherSuperusers = prepare<{ id: string }>()('account.other-superusers', (db, p) =>
  db
    .selectFrom('account')
    .select('id')
    .where('superuser', '=', true)
    .where('active', '=', true)
    .where('id', '<>', p.id)
    .limit(1),
)

export async function findAccount(store: Store, login: string): Promise<Account | undefined> {
  const [account] = await store.read(byLogin, { login })
  return account
}

/** Whether a login is or was somebody's: of an account, also a deleted one, or of a user of the external issuer. */
export async function isLoginGiven(tx: Queryable, login: string): Promise<boolean> {
  return (await tx.query(loginGiven, { key: loginKey(login) })).length > 0
}

/** The login of an account or of a user of the external issuer, as it is written there; undefined: nobody's by now. */
export async function findLogin(store: Store, login: string): Promise<string | undefined> {
  const [known] = await store.read(holder, { key: loginKey(login), login })
  return known?.login
}

/** In the order of logins, those after the given one. */
export function listAccounts(store: Store, after: string, limit: number): Promise<Account[]> {
  return store.read(page, { after, limit })
}

export async function lockAccount(tx: Queryable, login: string): Promise<Account | undefined> {
  const [account] = await tx.query(locked, { login })
  return account
}

export async function hasOtherSuperuser(tx: Queryable, id: string): Promise<boolean> {
  return (await tx.query(otherSuperusers, { id })).length > 0
}
