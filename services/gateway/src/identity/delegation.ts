import { failure, type Identity, viewerOf } from '@slipway/contracts'
import { type Bounds, isBounded } from './bounds.ts'
import { requireOwnScopes } from './scopes.ts'

/*
 * What may be made with a credential, all in this file: tokens, accounts and their rights, webhooks, and what services
 * are told of it for what is made there. Nothing that is made with an API token with scopes has more rights than it, and nothing that is made with one that ends lasts longer.
 */

/** Who calls, and what with. */
type Caller = { readonly identity: Identity; readonly bounds: Bounds }

/** Rights of a new token, as they may be given. */
export type TokenGrant = {
  readonly scopes: readonly string[] | null
  readonly expiresAt: Date | null
  /** The token with which it is revoked. */
  readonly madeWith: string | null
}

/** For who signed in as themselves, and for what the configuration says. */
export const freely = (expiresAt: Date | null = null): TokenGrant => ({ scopes: null, expiresAt, madeWith: null })

/** @throws `forbidden` for a token with scopes: it could make itself one without, and sees those of its account */
export function requireTokenManager({ scopes }: Bounds): void {
  if (scopes !== null) throw failure('forbidden', 'A token with scopes cannot manage tokens.')
}

/**
 * What a token gets that somebody makes for their own account.
 * @throws `forbidden`, see {@link requireTokenManager}; `refused` for rights or a time that the caller has not
 */
export function tokenWithin(
  { identity, bounds }: Caller,
  wanted: Pick<TokenGrant, 'scopes' | 'expiresAt'>,
): TokenGrant {
  requireTokenManager(bounds)
  const scopes = wanted.scopes && requireOwnScopes(identity, wanted.scopes)
  const end = bounds.expiresAt
  if (end === null) return { scopes, expiresAt: wanted.expiresAt, madeWith: null }
  if (wanted.expiresAt && wanted.expiresAt > end) {
    throw failure('refused', `expiresAt must not be after the end of the token that makes it, ${end.toISOString()}.`)
  }
  return { scopes, expiresAt: wanted.expiresAt ?? end, madeWith: bounds.tokenId }
}

/** Who makes or changes an account: somebody who called, or the platform itself, e.g. for one who registers. */
export type Author = {
  readonly actor: string
  readonly caller: Caller | null
  /** The configuration of the platform says so, which has looked at the login by itself. */
  readonly configured?: boolean
}

export const authorOf = (caller: Caller): Author => ({
  actor: caller.identity.login,
  caller,
})
export const platformAuthor = (actor: string): Author => ({ actor, caller: null })
export const configurationAuthor: Author = { actor: 'system', caller: null, configured: true }

/** What lets somebody in, and what they may do then. */
type Access = {
  readonly password_hash: string | null
  readonly email: string | null
  readonly roles: readonly string[]
  readonly groups: readonly string[]
  readonly permissions: readonly string[]
  readonly member: string | null
  readonly active: boolean
  readonly activated: boolean
  readonly superuser: boolean
}
type Existing = Access & { readonly id: string }

/**
 * Whether somebody may make (`before` undefined), change or delete (`after` undefined) an account. Who may not do
 * everything can neither give that right nor touch an account that has it.
 * @throws `forbidden`
 */
export function requireAccountWithin(
  { caller }: Author,
  before: Existing | undefined,
  after: Access | undefined,
): void {
  if (!caller) return
  const { identity, bounds } = caller
  if (!identity.superuser && (before?.superuser || after?.superuser)) {
    throw failure('forbidden', 'Only an account that may do everything can manage others of its kind.')
  }
  if (!isBounded(bounds)) return
  if (before?.id === identity.subject) {
    throw failure('forbidden', 'A token with scopes or an end cannot change its own account.')
  }
  if (bounds.scopes !== null && [before, after].some(one => one && !covers(identity, one))) {
    throw failure('forbidden', 'A token with scopes cannot manage accounts that have other rights.')
  }
  if (bounds.expiresAt !== null && after && givesAccess(before, after)) {
    throw failure('forbidden', 'A token that ends cannot make accounts or give them rights: they would outlast it.')
  }
}

function covers(identity: Identity, { roles, groups, permissions, member }: Access): boolean {
  const among = (wanted: readonly string[], own: readonly string[]) => wanted.every(right => own.includes(right))
  const ofMember = member === null || member === identity.member || viewerOf(identity).kind === 'admin'
  return (
    among(roles, identity.roles) &&
    among(groups, identity.groups) &&
    among(permissions, identity.permissions) &&
    ofMember
  )
}

/** Whether somebody can do more afterwards, or sign in who could not. A mail address counts: links to sign in go there. */
function givesAccess(before: Access | undefined, after: Access): boolean {
  if (!before) return true
  const turnedOn = (['active', 'activated', 'superuser'] as const).some(flag => after[flag] && !before[flag])
  const gained = (['roles', 'groups', 'permissions'] as const).some(kind =>
    after[kind].some(right => !before[kind].includes(right)),
  )
  const changed = (['password_hash', 'email', 'member'] as const).some(name => after[name] !== before[name])
  return turnedOn || gained || changed
}

/** What a webhook is bound to: the scopes and the life of the token that makes it, if that has any. */
export type WebhookGrant = { readonly scopes: readonly string[] | null; readonly tokenId: string | null }

export function webhookWithin(bounds: Bounds): WebhookGrant {
  return isBounded(bounds) ? { scopes: bounds.scopes, tokenId: bounds.tokenId } : { scopes: null, tokenId: null }
}

/**
 * For changes after which a webhook posts elsewhere or with another secret.
 * @throws `forbidden` where the webhook has no end, or a later one than the caller
 */
export function requireWebhookWithin({ expiresAt }: Bounds, webhookEnds: Date | null): void {
  if (expiresAt === null || (webhookEnds !== null && webhookEnds <= expiresAt)) return
  throw failure('forbidden', 'A token that ends cannot change a webhook that outlasts it; it may delete it.')
}

/**
 * What services are told of a credential. What acts by itself on a later day, as the release that a schedule starts, is
 * made by none that is bounded: nobody would ask then whether the token is still good.
 */
export function identityWithin(bounds: Bounds): Pick<Identity, 'ends_at' | 'bounded'> {
  const { expiresAt } = bounds
  return {
    ...(expiresAt && { ends_at: expiresAt.toISOString() }),
    ...(isBounded(bounds) && { bounded: true as const }),
  }
}
