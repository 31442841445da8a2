import type { OwnerTarget, SourceTarget } from '@slipway/contracts'

/** Relative paths, which stand for things in bodies: a slash at both ends. */
export const orgUrl = (org: string): string => `/orgs/${org}/`

export const ownerUrl = ({ ownerType, owner }: OwnerTarget): string =>
  ownerType === 'org' ? orgUrl(owner) : `/users/${owner}/`

export const sourceUrl = (target: SourceTarget): string => `${ownerUrl(target)}sources/${target.source}/`

/** Ids of concepts and mappings have slashes and signs in them, which only stand for themselves when they are encoded. */
export const childUrl = (source: string, kind: 'concept' | 'mapping', id: string): string =>
  `${source}${kind}s/${encodeURIComponent(id)}/`

/** Owner type as bodies have it. */
export const ownerTypeName = { org: 'Organization', user: 'User' } as const
