import type { KnownAccount } from '@slipway/contracts'
import type { Queryable } from '@slipway/store'
import { type SqlBool, sql } from 'kysely'
import { prepare } from '../sql.ts'

export type Profile = {
  readonly user_id: number
  readonly login: string
  readonly first_name: string | null
  readonly last_name: string | null
  readonly email: string | null
  readonly lang_key: string
  readonly activated: boolean
  readonly accept_notifications: boolean
  readonly country_notifications_only: boolean
}

const columns = [
  'user_id',
  'login',
  'first_name',
  'last_name',
  'email',
  'lang_key',
  'activated',
  'accept_notifications',
  'country_notifications_only',
] as const

type Noted = Pick<KnownAccount, 'login' | 'first_name' | 'last_name' | 'email' | 'lang_key' | 'activated' | 'sequence'>

/**
 * Older news than what is known changes nothing. `added`: nobody of this login was known, or no longer; `another`: who
 * had it before never proved to be anybody.
 */
const note = prepare<Noted>()('account-profile.note', (db, p) =>
  db
    .with('before', q => q.selectFrom('account_profile').select(['removed', 'activated']).where('login', '=', p.login))
    .insertInto('account_profile')
    .values({
      login: p.login,
      first_name: p.first_name,
      last_name: p.last_name,
      email: p.email,
      lang_key: p.lang_key,
      activated: p.activated,
      sequence: p.sequence,
    })
    .onConflict(taken =>
      taken
        .column('login')
        .doUpdateSet(eb => ({
          first_name: eb.ref('excluded.first_name'),
          last_name: eb.ref('excluded.last_name'),
          email: eb.ref('excluded.email'),
          lang_key: eb.ref('excluded.lang_key'),
          activated: eb.ref('excluded.activated'),
          sequence: eb.ref('excluded.sequence'),
          removed: false,
        }))
        .where(sql<SqlBool>`excluded.sequence > coalesce(account_profile.sequence, 0)`),
    )
    .returning([
      sql<boolean>`not exists (select from before where not removed)`.as('added'),
      sql<boolean>`exists (select from before where removed and not activated)`.as('another'),
    ]),
)
const remove = prepare<{ login: string; sequence: number }>()('account-profile.remove', (db, p) =>
  db
    .updateTable('account_profile')
    .set({ removed: true, sequence: p.sequence })
    .where('login', '=', p.login)
    .where(eb => eb(p.sequence, '>', eb.fn.coalesce('sequence', sql.lit(0)))),
)
const all = prepare()('account-profile.all', db =>
  db
    .selectFrom('account_profile')
    .select(columns)
    .where(eb => eb.not(eb.ref('removed')))
    .orderBy('user_id'),
)
const byLogin = prepare<{ login: string }>()('account-profile.by-login', (db, p) =>
  db
    .selectFrom('account_profile')
    .select(columns)
    .where('login', '=', sql<string>`lower(${p.login})`)
    .where(eb => eb.not(eb.ref('removed'))),
)

/** Undefined when the same or something newer was noted before. */
export async function noteProfile(
  tx: Queryable,
  account: KnownAccount,
): Promise<{ added: boolean; another: boolean } | undefined> {
  const [noted] = await tx.query(note, { ...account, login: account.login.toLowerCase() })
  return noted
}

/** What belongs to an account that is gone stays; only nobody signs in for it any more. */
export async function removeProfile(tx: Queryable, login: string, sequence: number): Promise<void> {
  await tx.query(remove, { login: login.toLowerCase(), sequence })
}

export function listProfiles(read: Queryable['query']): Promise<Profile[]> {
  return read(all)
}

export async function findProfile(read: Queryable['query'], login: string): Promise<Profile | undefined> {
  const [profile] = await read(byLogin, { login })
  return profile
}
