import type { Statement, Store } from '@slipway/store'
import type { JWTPayload } from 'jose'
import type { Logger } from 'pino'
import { expiringCache } from './expiring-cache.ts'

export type ExternalProfiles = {
  /** The user name of an external user, whose profile is fetched and kept when it is seen for the first time. */
  loginOf(subject: string, claims: JWTPayload, token: string): Promise<string>
}

export type ExternalProfilesOptions = {
  readonly store: Store
  readonly log: Logger
  /** Where profiles are read with the user's own token; undefined: from the claims of the token alone. */
  readonly userInfoUrl: string | undefined
}

/** Milliseconds the issuer has to answer with a profile; the user waits for it. */
const fetchMs = 5_000
/** How long a profile is not looked at again, which is also how exact "last seen" is. */
const rememberedMs = 60_000

const seen: Statement = {
  name: 'external-profile.seen',
  text: 'update external_profile set last_seen_at = now() where subject = $1 returning login',
}
const insert: Statement = {
  name: 'external-profile.insert',
  text: `insert into external_profile (subject, login, email, given_name, family_name, picture)
    values ($1, $2, $3, $4, $5, $6) on conflict (subject) do update set last_seen_at = now() returning login`,
}

/** Users of the external issuer. Roles and groups are not kept: they count as each token says. */
export function externalProfiles({ store, log, userInfoUrl }: ExternalProfilesOptions): ExternalProfiles {
  const logins = expiringCache<Promise<string>>({ max: 10_000, ttlMs: rememberedMs })

  async function find(subject: string, claims: JWTPayload, token: string): Promise<string> {
    const [known] = await store.write<{ login: string }>(seen, [subject])
    if (known) return known.login
    const profile = userInfoUrl ? await fetchProfile(userInfoUrl, token) : claims
    const fallback = text(claims.nickname) ?? String(claims.sub)
    // Without a profile nothing is kept, so that it is asked for again.
    if (!profile) return fallback
    const values = [profile.email, profile.given_name, profile.family_name, profile.picture].map(value => text(value))
    const [row] = await store.write<{ login: string }>(insert, [subject, text(profile.nickname) ?? fallback, ...values])
    return row?.login ?? fallback
  }

  async function fetchProfile(url: string, token: string): Promise<Record<string, unknown> | undefined> {
    try {
      const headers = { authorization: `Bearer ${token}`, accept: 'application/json' }
      const answer = await fetch(url, { headers, signal: AbortSignal.timeout(fetchMs) })
      if (!answer.ok) throw new Error(`answered ${answer.status}`)
      return (await answer.json()) as Record<string, unknown>
    } catch (error) {
      log.warn({ url, error: (error as Error).message }, 'could not fetch a user profile')
      return undefined
    }
  }

  return {
    loginOf(subject, claims, token) {
      let login = logins.get(subject)
      if (!login) {
        login = find(subject, claims, token)
        logins.set(subject, login)
        login.catch(() => logins.delete(subject))
      }
      return login
    },
  }
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value.slice(0, 1000) : null
}
