import { accountEvents, type KnownAccount, loginKey } from '@slipway/contracts'
import { emit, type Parameters, type Queryable } from '@slipway/store'
import { sql } from 'kysely'
import { now, prepare } from '../sql.ts'
import { type Account, type AccountFields, accountColumns } from './account.store.ts'
import { aboutAccount, accountData, deletionData } from './account-event.ts'
import { type Author, requireAccountWithin } from './delegation.ts'
import { requireLogin } from './login.ts'

const written = (p: Parameters<AccountFields>) => ({
  password_hash: p.password_hash,
  email: p.email,
  given_name: p.given_name,
  family_name: p.family_name,
  roles: p.roles,
  groups: p.groups,
  permissions: p.permissions,
  member: p.member,
  active: p.active,
  superuser: p.superuser,
  lang_key: p.lang_key,
  country: p.country,
  activated: p.activated,
})
const told = sql<KnownAccount>`(select data from event)`.as('told')

type Inserted = AccountFields & {
  readonly login: string
  /** Of the login, in which it is taken. */
  readonly key: string
  readonly actor: string
  readonly activationHash: Buffer | null
  readonly activationExpiresAt: string | null
  readonly baseUrl: string | null
  /** That it is made for, if there is one. */
  readonly affiliateId: number | null
}

const insert = prepare<Inserted>()('account.insert', (db, p) =>
  db
    .with('changed', q =>
      q
        .insertInto('account')
        .values({
          login: p.login,
          ...written(p),
          activation_hash: p.activationHash,
          activation_expires_at: p.activationExpiresAt,
        })
        .returningAll(),
    )
    .with('known', q =>
      q
        .insertInto('known_login')
        .columns(['key', 'login', 'subject'])
        .expression(eb =>
          eb.selectFrom('changed').select([p.key.as('key'), 'login', sql<string>`id::text`.as('subject')]),
        ),
    )
    .with('event', q => {
      const account = accountData('changed', p.baseUrl)
      const data = sql<KnownAccount>`case when ${p.affiliateId}::bigint is null then ${account}
        else (${account}::jsonb || jsonb_build_object('affiliate_id', ${p.affiliateId}::bigint))::json end`
      const rows = q.selectFrom('changed').select([...aboutAccount(p.actor), 'seq as sequence', data.as('data')])
      return emit(q, accountEvents.created, rows).returning('data')
    })
    .selectFrom('changed')
    .select([...accountColumns, told]),
)

const update = prepare<AccountFields & { id: string; actor: string }>()('account.update', (db, p) =>
  db
    .with('changed', q =>
      q
        .updateTable('account')
        .set(eb => ({ ...written(p), updated_at: now, seq: eb('seq', '+', 1) }))
        .where('id', '=', p.id)
        .returningAll(),
    )
    .with('event', q => {
      const data = accountData('changed').as('data')
      const rows = q.selectFrom('changed').select([...aboutAccount(p.actor), 'seq as sequence', data])
      return emit(q, accountEvents.updated, rows).returning('data')
    })
    .selectFrom('changed')
    .select([...accountColumns, told]),
)

const remove = prepare<{ id: string; actor: string }>()('account.delete', (db, p) =>
  db
    .with('gone', q => q.deleteFrom('account').where('id', '=', p.id).returningAll())
    .with('event', q => {
      const about = aboutAccount(p.actor)
      const data = deletionData.as('data')
      const rows = q.selectFrom('gone').select(eb => [...about, eb('seq', '+', 1).as('sequence'), data])
      return emit(q, accountEvents.deleted, rows)
    })
    .selectFrom('gone')
    .select('id'),
)

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
  const { hash = null, expiresAt, key = null, baseUrl = null } = registration ?? {}
  const [account] = await tx.query(insert, {
    ...fields,
    login,
    key: loginKey(login),
    actor,
    activationHash: hash,
    activationExpiresAt: expiresAt?.toISOString() ?? null,
    baseUrl,
    affiliateId: affiliateId ?? null,
  })
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
  const [account] = await tx.query(update, { ...fields, id: before.id, actor: author.actor })
  return account as ToldAccount
}

/** Its tokens go with it. @throws `forbidden` where the author may not */
export async function deleteAccount(tx: Queryable, before: Account, author: Author): Promise<void> {
  requireAccountWithin(author, before, undefined)
  await tx.query(remove, { id: before.id, actor: author.actor })
}
