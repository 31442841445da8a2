import { type Change, firstState, nextState, requireRoom, type Written } from '../child/change-child.ts'
import type { StoredChild } from '../child/child.store.ts'
import type { ChildKind, ChildRules } from '../child/child.ts'
import { tickClock } from '../child/child-state.store.ts'
import { insertChildren, recordOf, reviseChildren } from './child-records.store.ts'

/** A child that a line makes or changes. The content differs from what is stored. */
export type ChildWrite<Values, Content extends { readonly retired: boolean }> = {
  readonly rules: ChildRules<Values, Content>
  readonly id: string
  /** Undefined: it is new. */
  readonly stored: StoredChild | undefined
  readonly content: Content
  readonly comment: string | null
}

/** What an import tells of a child that it changed. `uuid` and `sequence`: those that its own events have. */
export type ChildChange = Pick<Written, 'id' | 'uuid'> & {
  readonly change: Written['verb']
  readonly sequence: number
}

/**
 * Writes new children and new states in a few statements whatever their number. They are what single writes would have made
 * of them, but share one tick of the clock. No child may come twice. Returns what is to be told of them.
 * @throws `too_large` for a row that is longer than rows may be, whichever it is of these
 */
export async function writeChildren<Values, Content extends { readonly retired: boolean }>(
  change: Change,
  kind: ChildKind,
  writes: readonly ChildWrite<Values, Content>[],
): Promise<ChildChange[]> {
  if (writes.length === 0) return []
  const { tx, source } = change
  let active = 0
  for (const { stored, content } of writes) active += Number(stored?.retired ?? true) - Number(content.retired)
  const now = await tickClock(tx, source.position, kind, active)
  const changes: ChildChange[] = []
  const born: string[] = []
  const revised: string[] = []
  for (const { rules, id, stored, content, comment } of writes) {
    const written = stored
      ? nextState(rules, change, id, stored, content, comment, now)
      : firstState(rules, change, id, content, comment, now)
    requireRoom(written)
    changes.push({ id, uuid: written.uuid, change: written.verb, sequence: written.number })
    if (stored) revised.push(recordOf({ position: stored.position, number: written.number }, written))
    else born.push(recordOf({ id, uuid: written.uuid }, written))
  }
  await insertChildren(tx, source.position, kind, born, now)
  await reviseChildren(tx, revised, now)
  return changes
}
