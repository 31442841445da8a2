import type { Identity, SourceTarget } from '@slipway/contracts'
import type { AnyTx, Statement } from '@slipway/store'
import { type EndConcept, type EndLookup, endsIn, readEnd } from '../mapping/mapping-ends.ts'
import { sourceUrl } from '../paths.ts'
import type { SourceRow } from '../source/source.store.ts'
import { resultOfError } from './line-errors.ts'

const named: Statement = {
  name: 'bulk-import.named-concepts',
  // Not read as JSON by Postgres, which is slower and does not know every text that JSON does.
  text: String.raw`select c.id, c.position, substring(v.body from '"display_name":("(?:[^"\\]|\\.)*"|null)') as name
    from unnest($2::text[]) as wanted (id)
    cross join lateral (
      select * from child where source = $1 and kind || '' = 'concept' and id = wanted.id limit 1
    ) c
    join child_version v on v.position = c.head`,
}

type Known = { readonly source: SourceRow; readonly concepts: ReadonlyMap<string, EndConcept> }

/** Looks up at once where mappings lead from and to: two statements for each source, however many concepts of it. */
export async function loadEnds(tx: AnyTx, identity: Identity, urls: Iterable<string>): Promise<EndLookup> {
  const oneByOne = endsIn(tx, identity)
  const wanted = new Map<string, { target: SourceTarget; ids: Set<string> }>()
  for (const url of urls) {
    const end = readEnd(url)
    if (!end) continue
    const key = sourceUrl(end.target)
    const entry = wanted.get(key) ?? { target: end.target, ids: new Set() }
    if (end.concept) entry.ids.add(end.concept)
    wanted.set(key, entry)
  }
  const sources = new Map<string, SourceRow | Error>()
  const known = new Map<number, Known>()
  for (const [key, { target, ids }] of wanted) {
    const source = await oneByOne.source(target).catch((error: Error) => {
      // That it is not there, or not to be seen, is told for each mapping.
      if (!resultOfError(error)) throw error
      return error
    })
    sources.set(key, source)
    if (source instanceof Error) continue
    const rows = await tx.query<{ id: string; position: number; name: string }>(named, [source.position, [...ids]])
    const concepts = rows.map(({ id, position, name }) => [id, { position, name: JSON.parse(name) }] as const)
    known.set(source.position, { source, concepts: new Map(concepts) })
  }
  return {
    async source(target) {
      const found = sources.get(sourceUrl(target))
      if (found instanceof Error) throw found
      return found ?? oneByOne.source(target)
    },
    async concept(source, id) {
      return known.get(source.position)?.concepts.get(id)
    },
  }
}
