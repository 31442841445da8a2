import { failure, type Identity } from '@slipway/contracts'
import { hasRole, requireSignedIn } from '@slipway/service'

/** What decides who may do what with an org or a source. */
export type Guarded = {
  readonly public_access: 'View' | 'Edit' | 'None'
  /** The caller is the owner, or a member of the owning org. */
  readonly belongs: boolean
}

export const isStaff = (identity: Identity | null): boolean => hasRole(identity, 'staff')

const isAdmin = (identity: Identity | null, { belongs }: Guarded) => identity !== null && (belongs || isStaff(identity))

/** A caller's login as memberships have it; empty for nobody. */
export const loginOf = (identity: Identity | null): string => identity?.login.toLowerCase() ?? ''

/**
 * Whether the caller may know of it. To others, with credentials or without, what is private is not there: no status may
 * tell it from what never was.
 */
export const mayView = (identity: Identity | null, guarded: Guarded): boolean =>
  guarded.public_access !== 'None' || isAdmin(identity, guarded)

/** @throws `not_found`, as if it were not there */
export function requireView(identity: Identity | null, guarded: Guarded): void {
  if (!mayView(identity, guarded)) throw notFound()
}

/**
 * Changing content.
 * @throws as `requireAdmin`
 */
export function requireEdit(identity: Identity | null, guarded: Guarded): Identity {
  return guarded.public_access === 'Edit' ? requireSignedIn(identity) : requireAdmin(identity, guarded)
}

/** @throws `not_found` where it is private; else `unauthenticated` for anonymous callers, `forbidden` for others */
export function requireAdmin(identity: Identity | null, guarded: Guarded): Identity {
  requireView(identity, guarded)
  const known = requireSignedIn(identity)
  if (!isAdmin(known, guarded)) throw notAllowed()
  return known
}

/** @throws as `requireAdmin`, and `forbidden` for owners and members without the role */
export function requireStaff(identity: Identity | null, guarded: Guarded): Identity {
  requireView(identity, guarded)
  const known = requireSignedIn(identity)
  if (!isStaff(known)) throw notAllowed()
  return known
}

export const notAllowed = () => failure('forbidden', 'You do not have permission to perform this action.')
export const notFound = () => failure('not_found', 'Not found.')
