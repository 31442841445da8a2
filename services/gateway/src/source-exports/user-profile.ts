import { complete, extrasObject, nullableText, parseExact, partialBody } from '@slipway/contracts'
import type { Queryable, Store } from '@slipway/store'
import { sql } from 'kysely'
import { prepare } from '../sql.ts'

/** What users of this API have beside their account. */
export type UserProfile = {
  readonly company: string | null
  readonly location: string | null
  readonly preferred_locale: string | null
  readonly extras: Readonly<Record<string, unknown>>
}

const find = prepare<{ accountId: string }>()('ocl.profile', (db, p) =>
  db
    .selectFrom('user_profile')
    .select(['company', 'location', 'preferred_locale', sql<string>`extras::text`.as('extras')])
    .where('account_id', '=', p.accountId),
)
const insert = prepare<UserProfile & { readonly accountId: string }>()('ocl.insert-profile', (db, p) =>
  db.insertInto('user_profile').values({
    account_id: p.accountId,
    company: p.company,
    location: p.location,
    preferred_locale: p.preferred_locale,
    extras: p.extras,
  }),
)

const fields = partialBody({
  company: nullableText(),
  location: nullableText(),
  preferred_locale: nullableText(),
  extras: extrasObject(),
})

/** @throws `invalid` */
export function profileOf(body: Readonly<Record<string, unknown>>): UserProfile {
  const { company = null, location = null, preferred_locale = null, extras = {} } = complete(fields.parse(body))
  return { company, location, preferred_locale, extras }
}

export async function findProfile(store: Store, accountId: string): Promise<UserProfile> {
  const [profile] = await store.read(find, { accountId })
  return profile ? { ...profile, extras: parseExact(profile.extras) as UserProfile['extras'] } : profileOf({})
}

export async function insertProfile(tx: Queryable, accountId: string, profile: UserProfile): Promise<void> {
  await tx.query(insert, { ...profile, accountId })
}
