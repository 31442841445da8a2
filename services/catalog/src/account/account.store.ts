import type { KnownAccount } from '@slipway/contracts'
import type { Queryable, Statement } from '@slipway/store'

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

const columns =
  'user_id, login, first_name, last_name, email, lang_key, activated, accept_notifications, country_notifications_only'

/**
 * Older news than what is known changes nothing. `added`: nobody of this login was known, or no longer; `another`: who
 * had it before never proved to be anybody.
 */
const note: Statement = {
  name: 'account-profile.note',
  text: `
    with before as (select removed, activated from account_profile where login = $1)
    insert into account_profile as known (login, first_name, last_name, email, lang_key, activated, sequence)
    values ($1, $2, $3, $4, $5, $6, $7)
    on conflict (login) do update set first_name = excluded.first_name, last_name = excluded.last_name,
      email = excluded.email, lang_key = excluded.lang_key, activated = excluded.activated,
      sequence = excluded.sequence, removed = false
    where excluded.sequence > coalesce(known.sequence, 0)
    returning not exists (select from before where not removed) as added,
      exists (select from before where removed and not activated) as another`,
}
const remove: Statement = {
  name: 'account-profile.remove',
  text: `update account_profile set removed = true, sequence = $2
    where login = $1 and $2 > coalesce(sequence, 0)`,
}
const all: Statement = {
  name: 'account-profile.all',
  text: `select ${columns} from account_profile where not removed order by user_id`,
}
const byLogin: Statement = {
  name: 'account-profile.by-login',
  text: `select ${columns} from account_profile where login = lower($1) and not removed`,
}

/** Undefined when the same or something newer was noted before. */
export async function noteProfile(
  tx: Queryable,
  account: KnownAccount,
): Promise<{ added: boolean; another: boolean } | undefined> {
  const { login, first_name, last_name, email, lang_key, activated, sequence } = account
  const [noted] = await tx.query<{ added: boolean; another: boolean }>(note, [
    login.toLowerCase(),
    first_name,
    last_name,
    email,
    lang_key,
    activated,
    sequence,
  ])
  return noted
}

/** What belongs to an account that is gone stays; only nobody signs in for it any more. */
export async function removeProfile(tx: Queryable, login: string, sequence: number): Promise<void> {
  await tx.query(remove, [login.toLowerCase(), sequence])
}

export function listProfiles(read: Queryable['query']): Promise<Profile[]> {
  return read<Profile>(all)
}

export async function findProfile(read: Queryable['query'], login: string): Promise<Profile | undefined> {
  const [profile] = await read<Profile>(byLogin, [login])
  return profile
}
