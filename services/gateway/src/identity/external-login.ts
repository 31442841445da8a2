import { createHash } from 'node:crypto'
import { loginFault, loginKey } from '@slipway/contracts'
import type { Statement, Store } from '@slipway/store'

/** What is known of a user of the external issuer, or of a machine client. */
export type ExternalProfile = {
  readonly email: string | null
  readonly givenName: string | null
  readonly familyName: string | null
  readonly picture: string | null
}

const seen: Statement = {
  name: 'external-profile.seen',
  text: 'update external_profile set last_seen_at = now() where subject = $1 returning login, fetched',
}
const claim: Statement = {
  name: 'external-profile.claim',
  text: `
    with claimed as (
      insert into known_login (key, login, subject) values ($1, $2, $3) on conflict (key) do nothing returning login
    )
    insert into external_profile (subject, login, email, given_name, family_name, picture, fetched)
    select $3, login, $4, $5, $6, $7, $8 from claimed
    on conflict (subject) do nothing returning login`,
}
const fill: Statement = {
  name: 'external-profile.fill',
  text: `update external_profile set email = $2, given_name = $3, family_name = $4, picture = $5, fetched = true
    where subject = $1`,
}

export type KnownExternal = { readonly login: string; readonly fetched: boolean }

export async function findExternal(store: Store, subject: string): Promise<KnownExternal | undefined> {
  const [known] = await store.write<KnownExternal>(seen, [subject])
  return known
}

const valuesOf = ({ email, givenName, familyName, picture }: ExternalProfile) => [email, givenName, familyName, picture]

export async function fillProfile(store: Store, subject: string, profile: ExternalProfile): Promise<void> {
  await store.write(fill, [subject, ...valuesOf(profile)])
}

const nothing: ExternalProfile = { email: null, givenName: null, familyName: null, picture: null }

/**
 * The login of somebody who comes from outside for the first time: the name they have there, unless it is none that may
 * be given, or is or was somebody else's, of whatever origin; then one derived from it. It stays theirs. Profile null:
 * the issuer did not tell of them.
 */
export async function giveLogin(
  store: Store,
  subject: string,
  name: string,
  profile: ExternalProfile | null,
): Promise<string> {
  const digest = createHash('sha256').update(subject).digest('hex')
  const derived = `${name.normalize('NFKC').replace(/[\s:/]+/g, '-')}-${digest.slice(0, 8)}`
  for (const login of [name, derived, `user-${digest.slice(0, 16)}`, `user-${digest}`]) {
    if (loginFault(login) !== undefined) continue
    const values = [loginKey(login), login, subject, ...valuesOf(profile ?? nothing), profile !== null]
    const [claimed] = await store.write<{ login: string }>(claim, values)
    // Taken; perhaps by another replica, for the same subject.
    const known = claimed ?? (await findExternal(store, subject))
    if (known) return known.login
  }
  throw new Error(`no login is left for ${subject}`)
}
