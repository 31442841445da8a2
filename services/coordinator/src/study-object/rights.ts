import { actorOf, failure, type Identity } from '@slipway/contracts'
import { hasRole, requireSignedIn } from '@slipway/service'

/** Curators of ODM. Administrators of the release coordinator are curators, and so are staff. */
export function isCurator(identity: Identity): boolean {
  return hasRole(identity, 'ADMIN', 'staff', 'curator')
}

/** `ACCESS_ALL_DATA` of ODM; administrators of the release coordinator and staff have it by their role. */
export function hasAllData(identity: Identity): boolean {
  return hasRole(identity, 'ADMIN', 'staff') || identity.permissions.includes('ACCESS_ALL_DATA')
}

/** @throws `unauthenticated`, `forbidden` */
export function requireCurator(identity: Identity | null): Identity {
  const known = requireSignedIn(identity)
  if (!isCurator(known)) throw failure('forbidden', 'Forbidden. Only curators may do this.')
  return known
}

/** Whoever is in a study's group may see it, and whoever brought it here. */
export function mayAccess(identity: Identity, study: { readonly accession: string; readonly owner: string | null }) {
  return hasAllData(identity) || identity.groups.includes(study.accession) || study.owner === actorOf(identity)
}
