import type { Identity } from '@slipway/contracts'
import { hasRole, requireRole, requireSignedIn } from '@slipway/service'

/**
 * Who may write to a path at all. The owners of the data check it for every operation; here it decides only what a
 * request gets that never reaches them: this API tells who may not write so before it says what is wrong with a request.
 * `signed in`: whether somebody may is in the body (studies of the caller's groups).
 */
export type Right = 'anyone' | 'signed in' | 'developer' | 'administrator' | 'release administrator'

/** @throws `unauthenticated`, `forbidden` with the text of the right */
export function requireRight(right: Right, identity: Identity | null): void {
  switch (right) {
    case 'anyone':
      return
    case 'signed in':
      requireSignedIn(identity)
      return
    case 'developer':
      requireRole(identity, ['ADMIN', 'DEV'], 'Must be a developer')
      return
    case 'administrator':
      requireRole(identity, ['ADMIN'], 'Must be an admin')
      return
    case 'release administrator':
      requireRole(identity, ['ADMIN'], 'Not allowed')
  }
}

export function hasRight(right: Right, identity: Identity | null): boolean {
  if (right === 'anyone') return true
  if (right === 'signed in') return identity !== null
  return hasRole(identity, ...(right === 'developer' ? ['ADMIN', 'DEV'] : ['ADMIN']))
}
