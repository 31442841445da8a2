import type { OperationHandler } from '@slipway/bus'
import { failure, identityOperations } from '@slipway/contracts'
import { handlerOf } from '@slipway/service'
import { now, type Store } from '@slipway/store'
import { findLogin } from './account.store.ts'
import { renewActivation } from './activation.ts'
import type { Authenticator } from './authenticator.ts'
import type { IssueIdentityToken } from './identity-tokens.ts'
import { areGood, recentRevocations } from './revocation.store.ts'
import { serviceIdentity } from './service-identity.ts'
import { identityTokenSeconds, type SigningKeys } from './signing-keys.ts'

/** Seconds of life that a token given out has at least: it may be a minute old, and clocks differ. */
const expiresIn = identityTokenSeconds - 90

const secondsUntil = (end: Date) => Math.max(1, Math.floor((end.getTime() - now()) / 1000))

export function identityHandlers(
  store: Store,
  authenticator: Authenticator,
  keys: SigningKeys,
  issue: IssueIdentityToken,
): OperationHandler[] {
  return [
    handlerOf(identityOperations.keys, async () => {
      const { keys: published } = await keys.published()
      return { body: { keys: published.map(key => ({ ...key })) } }
    }),
    handlerOf(identityOperations.revocations, async () => ({ body: { keys: await recentRevocations(store) } })),
    handlerOf(identityOperations.check, async ({ revocation_keys }) => ({
      body: { good: await areGood(store, revocation_keys) },
    })),
    handlerOf(identityOperations.login, async ({ login }) => ({
      body: { login: (await findLogin(store, login)) ?? null },
    })),
    handlerOf(identityOperations.exchange, async ({ token }) => {
      const caller = await authenticator.byToken(token)
      if (!caller) throw failure('unauthenticated', 'The token is not valid.')
      const identity_token = await caller.identityToken()
      const { identity, endsAt } = caller
      const expires_in = endsAt ? Math.min(expiresIn, secondsUntil(endsAt)) : expiresIn
      return { body: { identity_token, expires_in, identity } }
    }),
    handlerOf(identityOperations.activation, async ({ login }) => ({
      body: { activation_key: await renewActivation(store, login) },
    })),
    handlerOf(identityOperations.service, async ({ service }) => {
      const identity_token = await issue(serviceIdentity(service))()
      return { body: { identity_token, expires_in: expiresIn } }
    }),
  ]
}
