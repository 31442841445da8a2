import { failure, type Identity, type Viewer, viewerOf } from '@slipway/contracts'

/** Administrators act for every member, staff for its own. */
export const actsFor = (viewer: Viewer, member: string): boolean =>
  viewer.kind === 'admin' || (viewer.kind === 'staff' && viewer.member === member)

/** @throws `unauthenticated` for anonymous callers, `forbidden` for those of other kinds */
export function requireKind(identity: Identity | null, ...kinds: readonly Viewer['kind'][]): Viewer {
  const viewer = viewerOf(identity)
  if (viewer.kind === 'anonymous') throw unauthenticated()
  if (!kinds.includes(viewer.kind)) throw accessDenied()
  return viewer
}

/** Staff of any member, and administrators. */
export const requireEditor = (identity: Identity | null): Viewer => requireKind(identity, 'staff', 'admin')

/** @throws `forbidden` for staff of another member */
export function requireActingFor(viewer: Viewer, member: string): void {
  if (!actsFor(viewer, member)) throw accessDenied()
}

export const unauthenticated = () =>
  failure('unauthenticated', 'Full authentication is required to access this resource')
export const accessDenied = () => failure('forbidden', 'Access is denied')
export const notFound = () => failure('not_found', 'Not Found')
