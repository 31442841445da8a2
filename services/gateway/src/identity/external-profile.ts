import { userAgent } from '@slipway/service'
import type { Store } from '@slipway/store'
import type { JWTPayload } from 'jose'
import type { Logger } from 'pino'
import { expiringCache } from './expiring-cache.ts'
import { type ExternalProfile, fillProfile, findExternal, giveLogin } from './external-login.ts'

export type ExternalProfiles = {
  /**
   * The login of an external user, who is known by issuer and subject alone. Their profile is fetched and kept when they
   * are seen for the first time, and asked for again as long as it was not there.
   */
  loginOf(subject: string, claims: JWTPayload, token: string): Promise<string>
  /** The login of a machine client, which has no profile. */
  loginOfClient(subject: string, name: string): Promise<string>
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

/** Users of the external issuer. Roles and groups are not kept: they count as each token says. */
export function externalProfiles({ store, log, userInfoUrl }: ExternalProfilesOptions): ExternalProfiles {
  const logins = expiringCache<Promise<string>>({ max: 10_000, ttlMs: rememberedMs })

  async function find(subject: string, claims: JWTPayload, token: string): Promise<string> {
    const known = await findExternal(store, subject)
    if (known?.fetched) return known.login
    const told = userInfoUrl ? await fetchProfile(userInfoUrl, token) : claims
    const profile = told ? profileOf(told) : null
    if (known) {
      if (profile) await fillProfile(store, subject, profile)
      return known.login
    }
    const name = text(told?.nickname) ?? text(claims.nickname) ?? String(claims.sub)
    return giveLogin(store, subject, name, profile)
  }

  async function findClient(subject: string, name: string): Promise<string> {
    const known = await findExternal(store, subject)
    return known?.login ?? (await giveLogin(store, subject, name, profileOf({})))
  }

  async function fetchProfile(url: string, token: string): Promise<Record<string, unknown> | undefined> {
    try {
      const headers = { authorization: `Bearer ${token}`, accept: 'application/json', 'user-agent': userAgent }
      const answer = await fetch(url, { headers, signal: AbortSignal.timeout(fetchMs) })
      if (!answer.ok) throw new Error(`answered ${answer.status}`)
      return (await answer.json()) as Record<string, unknown>
    } catch (error) {
      log.warn({ url, error: (error as Error).message }, 'could not fetch a user profile')
      return undefined
    }
  }

  function once(subject: string, look: () => Promise<string>): Promise<string> {
    let login = logins.get(subject)
    if (!login) {
      login = look()
      logins.set(subject, login)
      login.catch(() => logins.delete(subject))
    }
    return login
  }

  return {
    loginOf: (subject, claims, token) => once(subject, () => find(subject, claims, token)),
    loginOfClient: (subject, name) => once(subject, () => findClient(subject, name)),
  }
}

function profileOf(told: Record<string, unknown>): ExternalProfile {
  const { email, given_name, family_name, picture } = told
  return { email: text(email), givenName: text(given_name), familyName: text(family_name), picture: text(picture) }
}

/** NUL cannot be kept in the database. */
function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' && !value.includes('\0') ? value.slice(0, 1000) : null
}
