import { type Identity, identityAlgorithm, identityAudience } from '@slipway/contracts'
import { SignJWT } from 'jose'
import { expiringCache } from './expiring-cache.ts'
import { identityTokenSeconds, type SigningKeys } from './signing-keys.ts'

/** Milliseconds that a token is given out again before a new one is made; the rest of its life is for calls under way. */
const reuseMs = 60_000
const rememberedCallers = 4096

export type IssueIdentityToken = (identity: Identity) => () => Promise<string>

/** Makes signed tokens of identities: one a caller and minute. A changed identity is another one. */
export function identityTokens(keys: SigningKeys): IssueIdentityToken {
  const issued = expiringCache<Promise<string>>({ max: rememberedCallers, ttlMs: reuseMs })

  function sign(identity: Identity): Promise<string> {
    const { kid, key } = keys.current()
    return new SignJWT({ identity })
      .setProtectedHeader({ alg: identityAlgorithm, kid })
      .setAudience(identityAudience)
      .setIssuedAt()
      .setExpirationTime(`${identityTokenSeconds}s`)
      .sign(key)
  }

  return identity => {
    const content = JSON.stringify(identity)
    return () => {
      let token = issued.get(content)
      if (!token) {
        token = sign(identity)
        issued.set(content, token)
        token.catch(() => issued.delete(content))
      }
      return token
    }
  }
}
