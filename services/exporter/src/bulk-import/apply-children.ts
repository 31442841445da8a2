import { actorOf, type Identity, type SourceTarget } from '@slipway/contracts'
import type { Tx } from '@slipway/store'
import { sql } from 'kysely'
import type { Change } from '../child/change-child.ts'
import type { ChildKind } from '../child/child.ts'
import { sourceUrl } from '../paths.ts'
import { requireEdit } from '../rights.ts'
import { lockSource } from '../source/source.store.ts'
import { targetOf } from '../source/source.ts'
import { prepare } from '../sql.ts'
import type { LineResult } from './bulk-import.ts'
import { resultOfError } from './line-errors.ts'
import type { ChildChange } from './write-children.ts'

/** Who imports, and how. */
export type Importer = {
  readonly identity: Identity
  readonly traceparent: string | undefined
  /** Whether children that are there are changed. */
  readonly updateIfExists: boolean
  /** It is the copy of an export, for an owner who need not be there. */
  readonly isCopy: boolean
  /** Bytes of rows that may be read to be changed; 0: a few. */
  readonly room: number
}

/** What an import has to tell of the children of one source that it changed. */
export type Told = {
  readonly source_url: string
  readonly kind: ChildKind
  readonly changes: readonly ChildChange[]
}

/** What lines came to, and what the import has to tell of it: lines of other kinds have events of their own. */
export type Applied = { readonly results: readonly LineResult[]; readonly told?: readonly Told[] }

/** What lines with children of one source came to. */
export function appliedTo(
  { source }: Change,
  kind: ChildKind,
  results: readonly LineResult[],
  changes: readonly ChildChange[],
): Applied {
  if (changes.length === 0) return { results }
  return { results, told: [{ source_url: sourceUrl(targetOf(source)), kind, changes }] }
}

/** What a line comes to: its result, and what has to be written for it. */
export type Decision<Write> = LineResult & { readonly write?: Write }

/** A plan that was made for an empty table is kept until the table is analyzed, which is too late for an import. */
const plansAnew = prepare()('bulk-import.plans-anew', db =>
  db.selectNoFrom(sql<string>`set_config('plan_cache_mode', 'force_custom_plan', true)`.as('mode')),
)

/** Locks the source for a batch; the result of all its lines when the caller may not change it, or it is not there. */
export async function lockForChange(
  tx: Tx,
  target: SourceTarget,
  { identity, traceparent, room }: Importer,
): Promise<{ change: Change } | { refused: LineResult }> {
  try {
    await tx.query(plansAnew)
    const source = await lockSource(tx, target, identity)
    return { change: { tx, source, actor: actorOf(requireEdit(identity, source)), traceparent, room } }
  } catch (error) {
    const refused = resultOfError(error)
    if (!refused) throw error
    return { refused }
  }
}

/** Decides about a line; a refusal of what it says is its result. */
export async function decided<Write>(decide: () => Promise<Decision<Write>>): Promise<Decision<Write>> {
  try {
    return await decide()
  } catch (error) {
    const result = resultOfError(error)
    if (!result) throw error
    return result
  }
}
