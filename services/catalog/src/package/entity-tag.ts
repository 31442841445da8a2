import { failure } from '@slipway/contracts'
import { hasTag } from '@slipway/service'
import type { Sight } from './visibility.ts'

/** Stands for a package and everything in it, as it is shown to some viewers. */
export const entityTag = (revision: number, { name }: Pick<Sight, 'name'>): string => `"${revision}.${name}"`

/** Whether what the client has is what there is (weak comparison). */
export function isKnown(ifNoneMatch: string | undefined, tag: string): boolean {
  return ifNoneMatch !== undefined && hasTag(ifNoneMatch, tag.replace(/^W\//, ''), { weak: true })
}

/**
 * Makes sure that nothing changed since the client read; the tag of any viewer is good, because it is the state that
 * counts. @throws `precondition_failed`
 */
export function requireRevision(ifMatch: string | undefined, revision: number): void {
  if (ifMatch === undefined) return
  const isGood = (tag: string) => tag === '*' || tag.startsWith(`"${revision}.`)
  if (!ifMatch.split(',').some(tag => isGood(tag.trim())))
    throw failure('precondition_failed', 'The package changed since it was read')
}
