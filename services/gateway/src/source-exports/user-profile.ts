import { complete, extrasObject, nullableText, parseExact, partialBody } from '@slipway/contracts'
import type { Queryable, Statement, Store } from '@slipway/store'

/** What users of this API have beside their account. */
export type UserProfile = {
  readonly company: string | null
  readonly location: string | null
  readonly preferred_locale: string | null
  readonly extras: Readonly<Record<string, unknown>>
}

const find: Statement = {
  name: 'ocl.profile',
  text: 'select company, location, preferred_locale, extras::text from user_profile where account_id = $1',
}
const insert: Statement = {
  name: 'ocl.insert-profile',
  text: 'insert into user_profile (account_id, company, location, preferred_locale, extras) values ($1, $2, $3, $4, $5)',
}

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
  const [profile] = await store.read<Omit<UserProfile, 'extras'> & { readonly extras: string }>(find, [accountId])
  return profile ? { ...profile, extras: parseExact(profile.extras) as UserProfile['extras'] } : profileOf({})
}

export async function insertProfile(tx: Queryable, accountId: string, profile: UserProfile): Promise<void> {
  const { company, location, preferred_locale, extras } = profile
  await tx.query(insert, [accountId, company, location, preferred_locale, extras])
}
