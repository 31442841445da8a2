import { failure, type Identity } from '@slipway/contracts'

/** The caller, who must be known. @throws `unauthenticated` */
export function requireSignedIn(identity: Identity | null): Identity {
  if (!identity) throw failure('unauthenticated', 'Authentication credentials were not provided.')
  return identity
}

/** True for the first administrator, for machine clients, and for whoever has one of the roles. */
export function hasRole(identity: Identity | null, ...roles: string[]): boolean {
  if (!identity) return false
  return identity.superuser || identity.kind === 'service' || identity.roles.some(role => roles.includes(role))
}

/**
 * The caller, who must have one of the roles.
 * @throws `unauthenticated` for anonymous callers, `forbidden` with the given text for others
 */
export function requireRole(identity: Identity | null, roles: readonly string[], message: string): Identity {
  const known = requireSignedIn(identity)
  if (!hasRole(known, ...roles)) throw failure('forbidden', message)
  return known
}
