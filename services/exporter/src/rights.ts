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

/** To who gave no credentials what is private is not there: the status may not tell it from what never was. */
function requireKnowing(identity: Identity | null, { public_access }: Guarded): void {
  if (identity === null && public_access === 'None') throw notFound()
}

/**
 * @throws `unauthenticated` for anonymous callers, or `not_found` where it is private; `forbidden` for others, as all of
 * these
 */
export function requireView(identity: Identity | null, guarded: Guarded): void {
  if (guarded.public_access === 'None') requireAdmin(identity, guarded)
}

/** Changing content. */
export function requireEdit(identity: Identity | null, guarded: Guarded): Identity {
  return guarded.public_access === 'Edit' ? requireSignedIn(identity) : requireAdmin(identity, guarded)
}

export function requireAdmin(identity: Identity | null, guarded: Guarded): Identity {
  requireKnowing(identity, guarded)
  const known = requireSignedIn(identity)
  if (!isAdmin(known, guarded)) throw notAllowed()
  return known
}

export function requireStaff(identity: Identity | null): Identity {
  const known = requireSignedIn(identity)
  if (!isStaff(known)) throw notAllowed()
  return known
}

export const notAllowed = () => failure('forbidden', 'You do not have permission to perform this action.')
export const notFound = () => failure('not_found', 'Not found.')
