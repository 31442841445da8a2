import type { Bus, OperationHandler } from '@slipway/bus'
import type { Identity } from '@slipway/contracts'
import type { Worker } from '@slipway/service'
import type { Store } from '@slipway/store'
import type { Logger } from 'pino'
import { hasOtherSuperuser } from './account.store.ts'
import { type Authenticator, createAuthenticator } from './authenticator.ts'
import { configuredAdministrator, ensureAccounts, readConfiguredAccounts } from './configured-accounts.ts'
import { externalIssuer } from './external-issuer.ts'
import { externalProfiles } from './external-profile.ts'
import { identityHandlers } from './identity.operations.ts'
import { identityTokens } from './identity-tokens.ts'
import { limitLogins } from './login-limits.ts'
import { setPasswordCost } from './password.ts'
import { type Revocation, shareRevocations } from './revocation.ts'
import { openSigningKeys } from './signing-keys.ts'

export type IdentityOptions = {
  readonly store: Store
  readonly bus: Bus
  readonly log: Logger
  readonly administrator: { readonly token: string | undefined; readonly password: string | undefined }
  /** Path of a JSON file of accounts, or the JSON itself. */
  readonly accounts: string | undefined
  /** Days after which a new key signs identity tokens. */
  readonly keyDays: number
  /** Wrong passwords a minute for one login from one address. */
  readonly loginAttempts: number
  /** Of new hashes: base-2 logarithm of scrypt's N. */
  readonly passwordCost: number
  /** Every caller without credentials is this one: for development only. */
  readonly everybodyIs: Identity | null
  readonly external: {
    readonly keyUrls: readonly string[]
    readonly keyAgeMs: number
    readonly userInfoUrl: string | undefined
    /** Set where there are keys. */
    readonly audience: string | undefined
    readonly ownAudience: string
    readonly issuer: string | undefined
    readonly rolesClaim: string
    readonly groupsClaim: string
  }
}

export type IdentityModule = {
  readonly authenticator: Authenticator
  readonly operations: readonly OperationHandler[]
  readonly announceChange: Revocation['announce']
  startKeyRotation(): Worker
  close(): void
}

/** An account id that is nobody's. */
const nobody = '00000000-0000-0000-0000-000000000000'
const minuteMs = 60_000
/** Often enough that no replica signs with a key that others have given up. */
const rotationMs = 10 * minuteMs

/** Everything about who calls: accounts, tokens, the external issuer, and the tokens that services trust. */
export async function openIdentity(options: IdentityOptions): Promise<IdentityModule> {
  const { store, bus, log, loginAttempts, everybodyIs } = options
  setPasswordCost(options.passwordCost)
  const entries = options.accounts === undefined ? [] : await readConfiguredAccounts(options.accounts, log)
  const administrator = configuredAdministrator(options.administrator.token, options.administrator.password)
  await ensureAccounts(store, administrator ? [administrator, ...entries] : entries, log)
  if (!(await hasOtherSuperuser(store, nobody))) {
    log.warn('no account may do everything; set SLIPWAY_ADMIN_TOKEN or SLIPWAY_ADMIN_PASSWORD to make one')
  }

  const keys = await openSigningKeys(store, options.keyDays)
  const { keyUrls, userInfoUrl, audience, ...external } = options.external
  const profiles = externalProfiles({ store, log, userInfoUrl })
  const issue = identityTokens(keys)
  const authenticator = createAuthenticator({
    store,
    issue,
    external:
      audience === undefined || keyUrls.length === 0
        ? undefined
        : externalIssuer({ ...external, audience, keyUrls, profiles, log }),
    logins: limitLogins(loginAttempts),
    everybodyIs,
  })
  const revocation = shareRevocations({ store, bus, log, forget: authenticator.forget })
  // Also what a process that died did not come to tell.
  await revocation.announce()
  if (everybodyIs) log.warn({ login: everybodyIs.login }, 'development: callers without credentials may do everything')

  return {
    authenticator,
    operations: identityHandlers(store, authenticator, keys, issue),
    announceChange: revocation.announce,
    startKeyRotation() {
      let running = Promise.resolve()
      const timer = setInterval(() => {
        running = keys.rotate().catch(error => log.error(error, 'could not rotate the signing key'))
      }, rotationMs)
      return {
        async stop() {
          clearInterval(timer)
          await running
        },
      }
    },
    close: revocation.stop,
  }
}
