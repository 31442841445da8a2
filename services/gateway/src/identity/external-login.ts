import { createHash } from 'node:crypto'
import { loginFault, loginKey } from '@slipway/contracts'
import type { Store } from '@slipway/store'
import { now, prepare } from '../sql.ts'

/** What is known of a user of the external issuer, or of a machine client. */
export type ExternalProfile = {
  readonly email: string | null
  readonly givenName: string | null
  readonly familyName: string | null
  readonly picture: string | null
}

const seen = prepare<{ subject: string }>()('external-profile.seen', (db, p) =>
  db
    .updateTable('external_profile')
    .set({ last_seen_at: now })
    .where('subject', '=', p.subject)
    .returning(['login', 'fetched']),
)
type Claimed = ExternalProfile & {
  readonly key: string
  readonly login: string
  readonly subject: string
  readonly fetched: boolean
}
const claim = prepare<Claimed>()('external-profile.claim', (db, p) =>
  db
    .with('claimed', q =>
      q
        .insertInto('known_login')
        .values({ key: p.key, login: p.login, subject: p.subject })
        .onConflict(conflict => conflict.column('key').doNothing())
        .returning('login'),
    )
    .insertInto('external_profile')
    .columns(['subject', 'login', 'email', 'given_name', 'family_name', 'picture', 'fetched'])
    .expression(eb =>
      eb
        .selectFrom('claimed')
        .select([
          p.subject.as('subject'),
          'login',
          p.email.as('email'),
          p.givenName.as('given_name'),
          p.familyName.as('family_name'),
          p.picture.as('picture'),
          p.fetched.as('fetched'),
        ]),
    )
    .onConflict(conflict => conflict.column('subject').doNothing())
    .returning('login'),
)
const fill = prepare<ExternalProfile & { subject: string }>()('external-profile.fill', (db, p) =>
  db
    .updateTable('external_profile')
    .set({ email: p.email, given_name: p.givenName, family_name: p.familyName, picture: p.picture, fetched: true })
    .where('subject', '=', p.subject),
)

export type KnownExternal = { readonly login: string; readonly fetched: boolean }

export async function findExternal(store: Store, subject: string): Promise<KnownExternal | undefined> {
  const [known] = await store.write(seen, { subject })
  return known
}

export async function fillProfile(store: Store, subject: string, profile: ExternalProfile): Promise<void> {
  await store.write(fill, { ...profile, subject })
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
    const given = { key: loginKey(login), login, subject, fetched: profile !== null }
    const [claimed] = await store.write(claim, { ...(profile ?? nothing), ...given })
    // Taken; perhaps by another replica, for the same subject.
    const known = claimed ?? (await findExternal(store, subject))
    if (known) return known.login
  }
  throw new Error(`no login is left for ${subject}`)
}
