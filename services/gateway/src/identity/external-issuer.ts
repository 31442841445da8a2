import type { Identity } from '@slipway/contracts'
import { now } from '@slipway/store'
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyOptions, jwtVerify, type RemoteJWKSet } from 'jose'
import type { Logger } from 'pino'
import { hashOfToken } from './api-token.ts'
import { expiringCache } from './expiring-cache.ts'
import type { ExternalProfiles } from './external-profile.ts'

export type ExternalIssuerOptions = {
  /** Where public keys are published (JWKS). Several are tried in turn. */
  readonly keyUrls: readonly string[]
  /** Milliseconds that fetched keys are used; a token with a new key id has them fetched again before. */
  readonly keyAgeMs: number
  /** What tokens must be made for, and what they must not be made for as well: what we send out ourselves. */
  readonly audience: string
  readonly ownAudience: string
  /** Checked if set. */
  readonly issuer: string | undefined
  readonly rolesClaim: string
  readonly groupsClaim: string
  readonly profiles: ExternalProfiles
  readonly log: Logger
}

/** Who a token of another issuer speaks for, and until when; null for a token that is not good. */
export type ExternalIssuer = (token: string) => Promise<{ readonly identity: Identity; readonly endsAt: Date } | null>

const algorithms = ['RS256', 'ES256', 'EdDSA']
/** Least milliseconds between two fetches because of unknown key ids, and after a fetch that failed. */
const cooldownMs = 10_000
const rememberedTokens = 4096

/** Anything with three parts that can be a signed token; API tokens have no dots. */
export function looksSigned(token: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)
}

export function externalIssuer(options: ExternalIssuerOptions): ExternalIssuer {
  const { keyAgeMs, audience, ownAudience, issuer, log } = options
  const keySets = options.keyUrls.map(url => ({
    url,
    keys: createRemoteJWKSet(new URL(url), {
      cacheMaxAge: keyAgeMs,
      cooldownDuration: cooldownMs,
      timeoutDuration: 5_000,
    }),
    failedAt: 0,
  }))
  const checks: JWTVerifyOptions = {
    algorithms,
    requiredClaims: ['exp'],
    audience,
    ...(issuer !== undefined && { issuer }),
  }
  const verified = expiringCache<{ payload: JWTPayload }>({ max: rememberedTokens, ttlMs: 0 })

  async function verify(token: string): Promise<JWTPayload | null> {
    const key = hashOfToken(token).toString('base64')
    const known = verified.get(key)
    if (known) return known.payload
    for (const set of keySets) {
      if (set.failedAt > now() - cooldownMs) continue
      try {
        const payload = await verifyWith(token, set.keys, { ...checks, currentDate: new Date(now()) })
        // Whoever we call has such a token, and must not come back with it.
        if ([payload.aud].flat().includes(ownAudience)) return null
        verified.set(key, { payload }, (payload.exp ?? 0) * 1000)
        return payload
      } catch (error) {
        if (error instanceof errors.JWKSNoMatchingKey) continue
        // A bad token is an everyday thing; keys that cannot be had are not.
        if (isTokenFault(error)) return null
        set.failedAt = now()
        log.error({ url: set.url, error: (error as Error).message }, 'could not fetch the keys of the token issuer')
      }
    }
    return null
  }

  return async token => {
    const claims = await verify(token)
    const identity = claims && (await identityOfClaims(claims, token, options))
    return identity && { identity, endsAt: new Date((claims.exp ?? 0) * 1000) }
  }
}

async function verifyWith(token: string, keys: RemoteJWKSet, checks: JWTVerifyOptions): Promise<JWTPayload> {
  try {
    return (await jwtVerify(token, keys, checks)).payload
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error
    // A token that names no key may be signed with any of them.
    for await (const key of error) {
      const result = await jwtVerify(token, key, checks).catch(failure => {
        if (failure instanceof errors.JWSSignatureVerificationFailed) return undefined
        throw failure
      })
      if (result) return result.payload
    }
    throw new errors.JWSSignatureVerificationFailed()
  }
}

function isTokenFault(error: unknown): boolean {
  if (!(error instanceof errors.JOSEError)) return false
  return !(
    error instanceof errors.JWKSTimeout ||
    error instanceof errors.JWKSInvalid ||
    error.code === 'ERR_JOSE_GENERIC'
  )
}

/**
 * Machine clients (`gty` is `client-credentials`) are administrators; users need subject, roles and groups. These are
 * the rules of the Kids First Release Coordinator.
 */
async function identityOfClaims(
  claims: JWTPayload,
  token: string,
  options: ExternalIssuerOptions,
): Promise<Identity | null> {
  const { sub, iss = 'external' } = claims
  // Between issuer and subject stands a bar, and no two of them must make the same text.
  if (iss.includes('|') || sub?.includes('\0')) return null
  const none = { permissions: [], member: null, superuser: false }
  if (claims.gty === 'client-credentials') {
    const client = sub ?? (typeof claims.azp === 'string' ? claims.azp : 'client')
    const subject = `${iss}|${client}`
    const login = await options.profiles.loginOfClient(subject, client)
    return { subject, login, kind: 'service', roles: ['ADMIN'], groups: [], ...none }
  }
  const roles = claims[options.rolesClaim]
  const groups = claims[options.groupsClaim]
  if (!sub || !Array.isArray(roles) || !Array.isArray(groups)) return null
  const subject = `${iss}|${sub}`
  const login = await options.profiles.loginOf(subject, claims, token)
  return { subject, login, kind: 'user', roles: texts(roles), groups: texts(groups), ...none }
}

function texts(values: readonly unknown[]): string[] {
  return values.filter(value => typeof value === 'string')
}
