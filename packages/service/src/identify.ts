import type { Bus } from '@slipway/bus'
import {
  failure,
  type Identity,
  identityAlgorithm,
  identityAudience,
  identityOperations,
  identitySchema,
  isFailure,
} from '@slipway/contracts'
import { now } from '@slipway/store'
import { createLocalJWKSet, decodeProtectedHeader, errors, type JSONWebKeySet, jwtVerify } from 'jose'
import type { Revocations } from './revocations.ts'

/** How many verified tokens are remembered. A caller has one a minute, so this is a few thousand callers. */
const rememberedTokens = 4096

/** Databases of two services may be on two machines. */
const toleratedSeconds = 5

type Remembered = { readonly identity: Identity; readonly expiresAt: number }

/**
 * Makes the function that turns an identity token into who calls. Keys are fetched from the gateway when a token names
 * one that is not known yet; what was verified is remembered until it expires, and refused once it was revoked.
 * The function throws `unauthenticated` for a token that is not good, `unavailable` if the keys cannot be had, or what was
 * revoked before the process began.
 */
export function createIdentify(bus: Bus, revocations: Revocations): (token: string) => Promise<Identity> {
  const verified = new Map<string, Remembered>()
  let keys: JSONWebKeySet = { keys: [] }
  let fetching: Promise<void> | undefined

  async function fetchKeys(): Promise<void> {
    const answer = await bus.call(identityOperations.keys, {}, { timeoutMs: 2000 })
    keys = answer as unknown as JSONWebKeySet
  }

  async function ensureKey(token: string): Promise<void> {
    const { kid } = decodeProtectedHeader(token)
    if (keys.keys.some(key => key.kid === kid)) return
    fetching ??= fetchKeys().finally(() => {
      fetching = undefined
    })
    await fetching
  }

  async function verify(token: string): Promise<Remembered> {
    await ensureKey(token)
    const { payload } = await jwtVerify(token, createLocalJWKSet(keys), {
      audience: identityAudience,
      algorithms: [identityAlgorithm],
      requiredClaims: ['exp'],
      // The clock of the database, as for whoever signed it.
      currentDate: new Date(now()),
      clockTolerance: toleratedSeconds,
    })
    const identity = identitySchema.parse(payload.identity)
    // An older gateway gives none, and cannot be asked either.
    if (identity.revocation_keys) await revocations.ready()
    return { identity, expiresAt: (payload.exp ?? 0) * 1000 }
  }

  /** @throws `unauthenticated` */
  function unlessRevoked(identity: Identity): Identity {
    if (identity.revocation_keys && revocations.has(identity.revocation_keys)) {
      throw failure('unauthenticated', 'The identity token was revoked.')
    }
    return identity
  }

  return async token => {
    const known = verified.get(token)
    if (known && known.expiresAt > now()) return unlessRevoked(known.identity)
    try {
      const fresh = await verify(token)
      if (verified.size >= rememberedTokens) verified.delete(verified.keys().next().value as string)
      verified.set(token, fresh)
      return unlessRevoked(fresh.identity)
    } catch (error) {
      if (isFailure(error)) throw error
      const expired = error instanceof errors.JWTExpired
      throw failure('unauthenticated', expired ? 'The identity token has expired.' : 'Invalid identity token.', {
        cause: error,
      })
    }
  }
}
