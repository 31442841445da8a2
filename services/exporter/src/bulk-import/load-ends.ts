import type { SourceTarget } from '@slipway/contracts'
import type { Tx } from '@slipway/store'
import { sql } from 'kysely'
import { hiddenKind, shownName } from '../child/child.store.ts'
import type { EndPlace } from '../mapping/end-url.ts'
import type { EndConcept, EndLookup } from '../mapping/mapping-ends.ts'
import { sourceUrl } from '../paths.ts'
import type { SourceRow } from '../source/source.store.ts'
import { prepare, unnest } from '../sql.ts'

/** Looked up one by one in a unique index. */
const named = prepare<{ source: number; ids: readonly string[] }>()('bulk-import.named-concepts', (db, p) =>
  db
    .selectFrom(unnest('wanted', { id: sql<string[]>`${p.ids}::text[]` }))
    .innerJoinLateral(
      q =>
        q
          .selectFrom('child')
          .selectAll()
          .where('source', '=', p.source)
          .where(({ ref }) => hiddenKind(ref('kind')), '=', 'concept')
          .whereRef('id', '=', 'wanted.id')
          .limit(1)
          .as('c'),
      join => join.onTrue(),
    )
    .innerJoin('child_version as v', 'v.position', 'c.head')
    .select(({ ref }) => ['c.id', 'c.position', shownName(ref('v.body')).as('name')]),
)

type Known = { readonly source: SourceRow; readonly concepts: ReadonlyMap<string, EndConcept> }

/**
 * Looks up at once where mappings lead from and to: two statements for each source, however many concepts of it.
 * `oneByOne` says what there is to be seen.
 */
export async function loadEnds(tx: Tx, oneByOne: EndLookup, places: Iterable<EndPlace>): Promise<EndLookup> {
  const wanted = new Map<string, { target: SourceTarget; ids: Set<string> }>()
  for (const { sourceUrl: key, target, code } of places) {
    if (!target) continue
    const entry = wanted.get(key) ?? { target, ids: new Set() }
    entry.ids.add(code)
    wanted.set(key, entry)
  }
  const sources = new Map<string, SourceRow | undefined>()
  const known = new Map<number, Known>()
  for (const [key, { target, ids }] of wanted) {
    const source = await oneByOne.source(target)
    sources.set(key, source)
    if (!source) continue
    const rows = await tx.query(named, { source: source.position, ids: [...ids] })
    const concepts = rows.map(({ id, position, name }) => [id, { position, name: JSON.parse(name) }] as const)
    known.set(source.position, { source, concepts: new Map(concepts) })
  }
  return {
    async source(target, isKnown) {
      const found = sources.get(sourceUrl(target))
      // Of a source that is known to one mapping only, nothing was loaded.
      return found || !isKnown ? found : oneByOne.source(target, true)
    },
    async concept(source, id) {
      const loaded = known.get(source.position)
      return loaded ? loaded.concepts.get(id) : oneByOne.concept(source, id)
    },
  }
}
