import { type Identity, identityAlgorithm, identityAudience } from '@slipway/contracts'
import { now } from '@slipway/store'
import { SignJWT } from 'jose'
import { expiringCache } from './expiring-cache.ts'
import { identityTokenSeconds, type SigningKeys } from './signing-keys.ts'

/** Milliseconds that a token is given out again before a new one is made; the rest of its life is for calls under way. */
const reuseMs = 60_000
const rememberedCallers = 4096

/** `endsAt`: when the credential ends that it is made for; the token ends with it. */
export type IssueIdentityToken = (identity: Identity, endsAt?: Date | null) => () => Promise<string>

/** Makes signed tokens of identities: one a caller and minute. A changed identity is another one. */
export function identityTokens(keys: SigningKeys): IssueIdentityToken {
  const issued = expiringCache<Promise<string>>({ max: rememberedCallers, ttlMs: reuseMs })

  function sign(identity: Identity, endsAt: Date | null): Promise<string> {
    const { kid, key } = keys.current()
    const issuedAt = Math.floor(now() / 1000)
    const end = endsAt ? Math.floor(endsAt.getTime() / 1000) : Number.POSITIVE_INFINITY
    return new SignJWT({ identity })
      .setProtectedHeader({ alg: identityAlgorithm, kid })
      .setAudience(identityAudience)
      .setIssuedAt(issuedAt)
      .setExpirationTime(Math.min(issuedAt + identityTokenSeconds, end))
      .sign(key)
  }

  return (identity, endsAt = null) => {
    const content = JSON.stringify([identity, endsAt])
    return () => {
      let token = issued.get(content)
      if (!token) {
        token = sign(identity, endsAt)
        issued.set(content, token)
        token.catch(() => issued.delete(content))
      }
      return token
    }
  }
}
