import { createHmac, randomBytes } from 'node:crypto'
import { type Identity, longestLogin, unfitText } from '@slipway/contracts'
import type { Store } from '@slipway/store'
import { clientOf } from '../http/client-address.ts'
import { type Account, findAccount, identityOf, maySignIn } from './account.store.ts'
import { findOwner, touchToken } from './api-token.store.ts'
import { hashOfToken } from './api-token.ts'
import { type Bounds, unbounded } from './bounds.ts'
import type { PasswordCredentials } from './credentials.ts'
import { identityWithin } from './delegation.ts'
import { type ExpiringCache, expiringCache } from './expiring-cache.ts'
import { type ExternalIssuer, looksSigned } from './external-issuer.ts'
import type { IssueIdentityToken } from './identity-tokens.ts'
import type { LoginLimits } from './login-limits.ts'
import { requireShortLine, verifyPassword } from './password.ts'
import { accountKey, tokenKey } from './revocation.store.ts'
import { narrowed } from './scopes.ts'

/** Somebody who proved who they are. */
export type Caller = {
  readonly identity: Identity
  /** What may be made with the credential; see `delegation.ts`. */
  readonly bounds: Bounds
  /** When the credential ends; null: never, as far as it tells. */
  readonly endsAt: Date | null
  /** The signed token that services take for it; good for minutes. */
  identityToken(): Promise<string>
}

/** What the APIs find out callers with; how credentials are sent is their own affair. */
export type Authenticator = {
  /** By an API token or a token of the external issuer; null if it is not good. */
  byToken(token: string): Promise<Caller | null>
  /** By the value of a session's cookie, which counts there only; null if it is not good. */
  bySession(token: string): Promise<Caller | null>
  /** Null for a wrong login or password. @throws `rate_limited` after too many of them */
  byPassword(credentials: PasswordCredentials, address: string): Promise<Caller | null>
  /** As that; tells who gives the right password of an account that was struck off what is the matter. */
  signIn(credentials: PasswordCredentials, address: string): Promise<Caller | 'deregistered' | null>
  /** Who callers without credentials are; null but in development. */
  readonly anonymous: Caller | null
  /** Forgets everything known about accounts and tokens, because some of it changed. */
  forget(): void
}

export type AuthenticatorOptions = {
  readonly store: Store
  readonly issue: IssueIdentityToken
  readonly external: ExternalIssuer | undefined
  readonly logins: LoginLimits
  readonly everybodyIs: Identity | null
}

/** How long a look-up counts: what another replica changed is known after this at the latest. */
const rememberedMs = 1_000
/** How long a password that was right need not be derived again, as long as the account has the same one. */
const passwordMs = 60_000
const usedEveryMs = 60_000
const most = 10_000

export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const { store, issue, external, logins } = options
  const callers = expiringCache<Promise<Caller | null>>({ max: most, ttlMs: rememberedMs })
  const accounts = expiringCache<Promise<Account | undefined>>({ max: most, ttlMs: rememberedMs })
  const rightPasswords = expiringCache<true>({ max: most, ttlMs: passwordMs })
  const checks = new Map<string, Promise<boolean>>()
  const lastUse = expiringCache<true>({ max: most, ttlMs: usedEveryMs })
  const secret = randomBytes(32)

  function callerOf(known: Identity, keys: readonly string[], bounds = unbounded, endsAt: Date | null = null): Caller {
    const identity = { ...known, ...identityWithin(bounds), ...(keys.length > 0 && { revocation_keys: [...keys] }) }
    return { identity, bounds, endsAt, identityToken: issue(identity, endsAt) }
  }

  async function ofOwner(hash: Buffer, session: boolean): Promise<Caller | null> {
    const owner = await findOwner(store, hash, session)
    if (!owner) return null
    noteUse(owner.token_id)
    const { token_id: tokenId, token_scopes: scopes } = owner
    const endsAt = owner.token_expires_at === null ? null : new Date(owner.token_expires_at)
    return callerOf(
      narrowed(identityOf(owner), scopes),
      [accountKey(owner), tokenKey(tokenId, owner.token_epoch)],
      session ? unbounded : { tokenId, scopes, expiresAt: endsAt },
      endsAt,
    )
  }

  async function lookUp(token: string, hash: Buffer): Promise<Caller | null> {
    const known = await ofOwner(hash, false)
    if (known) return known
    const claimed = external && looksSigned(token) ? await external(token) : null
    return claimed && callerOf(claimed.identity, [], unbounded, claimed.endsAt)
  }

  /** Not waited for, and lost in a crash: it is told to the minute only. */
  function noteUse(tokenId: string) {
    if (lastUse.get(tokenId)) return
    lastUse.set(tokenId, true)
    touchToken(store, tokenId).catch(() => lastUse.delete(tokenId))
  }

  async function checkPassword(login: string, client: string, password: string, hash: string | null): Promise<boolean> {
    requireShortLine()
    const attempt = await logins.begin(login, client)
    const right = await verifyPassword(password, hash).catch(error => {
      attempt.takeBack()
      throw error
    })
    if (right) attempt.succeeded()
    return right
  }

  async function signIn(
    { login, password }: PasswordCredentials,
    address: string,
  ): Promise<Caller | 'deregistered' | null> {
    // What can be nobody's is not looked for, and above all not remembered.
    if (login.length > longestLogin || unfitText(login)) return null
    const key = login.toLowerCase()
    const account = await once(accounts, key, () => findAccount(store, login))
    const hash = account && maySignIn({ ...account, deregistered: false }) ? account.password_hash : null
    // Of this address only: others that guess while its owner is about would not be counted.
    const client = clientOf(address)
    const proof = createHmac('sha256', secret).update(`${client}\n${key}\n${hash}\n${password}`).digest('base64')
    if (!account || hash === null || !rightPasswords.get(proof)) {
      // The same guess made many times at once is one guess: it costs one derivation, and counts once.
      const check = checks.get(proof) ?? checkPassword(key, client, password, hash).finally(() => checks.delete(proof))
      checks.set(proof, check)
      if (!(await check) || !account) return null
      rightPasswords.set(proof, true)
    }
    return account.deregistered ? 'deregistered' : callerOf(identityOf(account), [accountKey(account)])
  }

  return {
    byToken(token) {
      const hash = hashOfToken(token)
      return once(callers, hash.toString('base64'), () => lookUp(token, hash))
    },
    bySession(token) {
      const hash = hashOfToken(token)
      return once(callers, `session ${hash.toString('base64')}`, () => ofOwner(hash, true))
    },
    signIn,
    async byPassword(credentials, address) {
      const found = await signIn(credentials, address)
      return found === 'deregistered' ? null : found
    },
    anonymous: options.everybodyIs && callerOf(options.everybodyIs, []),
    forget() {
      callers.clear()
      accounts.clear()
    },
  }
}

/** Several requests that ask for the same at the same time share one look-up; one that failed is not remembered. */
function once<Value>(cache: ExpiringCache<Promise<Value>>, key: string, look: () => Promise<Value>): Promise<Value> {
  const known = cache.get(key)
  if (known) return known
  const value = look()
  cache.set(key, value)
  value.catch(() => cache.delete(key))
  return value
}
