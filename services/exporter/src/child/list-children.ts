import { type AnyStore, type Query, snapshotRows } from '@slipway/store'
import type { Read } from '../source/source.store.ts'
import type { Range, Scope } from './child.store.ts'
import type { ChildKind } from './child.ts'
import { type Facet, facetMembers, mostFacet } from './facets.ts'
import { type RowText, rowText, type TextRow, textColumns } from './row-text.ts'

export type ChildFilter = {
  readonly includeRetired: boolean
  readonly since: string | null
  /** In lower case: part of the id, or of a name. */
  readonly search: string | null
  /** Only mappings of this concept: those that lead from it, with `inverse` also those that lead to it. */
  readonly of?: { readonly concept: number; readonly inverse: boolean } | undefined
  /** Only those whose facet is one of these texts. */
  readonly facets?: Readonly<Partial<Record<Facet, readonly string[]>>>
  /** Only mappings from or to this concept; null: one that is not here. */
  readonly ends?: Readonly<Partial<Record<'from_concept' | 'to_concept', number | null>>>
}

/** By the time of the last change, or by a facet or the id. */
export type Order = 'newest' | 'oldest' | { readonly by: Facet | 'id'; readonly down: boolean }

/** What a facet is in a list: kept of the live state only, of others it is read from their rows. */
function facetIn(isLive: boolean, facet: Facet): string {
  if (isLive) return `c.${facet}`
  const members = facetMembers[facet].map(member => `v.body::json ->> '${member}'`)
  return `left(lower(coalesce(${members.join(', ')})), ${mostFacet})`
}

/** Up to so many rows are read at once; more are streamed. */
const mostAtOnce = 100

const ofHead = 'join child_version v on v.position = c.head and v.child = c.position'
const frozen = `member m join child_version v on v.position = m.child_version and v.child = m.child
  join child c on c.position = m.child where m.version = $1 and m.kind = $2`

/** What is searched in is known of the live state only; of others it is read from their rows. */
const searchFrozen = (term: string) => `(position(${term} in lower(c.id)) > 0
  or position(${term} in lower(coalesce(v.body::json ->> 'from_concept_code', ''))) > 0
  or position(${term} in lower(coalesce(v.body::json ->> 'to_concept_code', ''))) > 0
  or exists (select from json_array_elements(coalesce(v.body::json -> 'names', '[]')) named
    where position(${term} in lower(named ->> 'name')) > 0))`

/**
 * Statements differ by what is asked, so that each is planned with the index that serves it: that of a kind names it. The
 * states of live children are looked at only where a filter is about them.
 */
function selection({ source, version }: Scope, kind: ChildKind, filter: ChildFilter) {
  const isLive = version === null
  const state = isLive ? 'c' : 'v'
  const values: unknown[] = isLive ? [source] : [version, kind]
  const next = (value: unknown) => `$${values.push(value)}`
  const ends = Object.entries(filter.ends ?? {})
  let name = isLive ? `child.live-${kind}` : 'child.frozen'
  let from = isLive
    ? `child c ${filter.of || ends.length > 0 ? ofHead : ''} where c.source = $1 and c.kind = '${kind}'`
    : frozen
  const add = (word: string, condition: string) => {
    name += `-${word}`
    from += ` and ${condition}`
  }
  if (!filter.includeRetired) add('active', `not ${state}.retired`)
  if (filter.since !== null) add('since', `${state}.updated_on >= ${next(filter.since)}::timestamptz`)
  if (filter.search !== null) {
    const term = `${next(filter.search)}::text`
    add('search', isLive ? `position(${term} in c.search) > 0` : searchFrozen(term))
  }
  if (filter.of) {
    const concept = `${next(filter.of.concept)}::bigint`
    const either = `(v.from_concept = ${concept} or v.to_concept = ${concept})`
    add(filter.of.inverse ? 'around' : 'of', filter.of.inverse ? either : `v.from_concept = ${concept}`)
  }
  for (const [facet, texts] of Object.entries(filter.facets ?? {})) {
    // One is asked for by far the most often, and comes out of an index in its order.
    const [text, ...more] = new Set(texts)
    const column = facetIn(isLive, facet as Facet)
    if (more.length === 0) add(facet, `${column} = ${next(text)}::text`)
    else add(`${facet}s`, `${column} = any(${next([text, ...more])}::text[])`)
  }
  for (const [end, concept] of ends) add(end, `v.${end} = ${next(concept)}::bigint`)
  return { name, from, values, state, isLive }
}

/** How many children a list has whose length is kept nowhere: one that asks for more than whether they are retired. */
export async function countChildren(read: Read, scope: Scope, kind: ChildKind, filter: ChildFilter): Promise<number> {
  const { name, from, values } = selection(scope, kind, filter)
  const statement = { name: `${name}/count`, text: `select count(*) as total from ${from}` }
  const [row] = await read<{ total: number }>(statement, values)
  return row?.total ?? 0
}

/** Mappings of one concept are few: all are looked at, however long the planner believes that a list in order takes. */
const isOfEnds = ({ of, ends = {}, facets = {} }: ChildFilter): boolean =>
  of !== undefined || facets.from_code !== undefined || facets.to_code !== undefined || Object.keys(ends).length > 0

/** Many rows are alike in these. Their indexes go on with the time, for lists of one of them, newest first. */
const alikeFacets: ReadonlySet<Facet | 'id'> = new Set(['class', 'datatype'])

/**
 * The query of rows, as `textColumns`. `limit` null: all of them. Which rows is decided first, from an index and without
 * their texts: with these the planner would sort all that there are.
 */
export function childQuery(
  scope: Scope,
  kind: ChildKind,
  filter: ChildFilter,
  order: Order,
  { limit, offset }: Range,
): Query<TextRow> {
  const { name, from, values, state, isLive } = selection(scope, kind, filter)
  const isTimed = typeof order === 'string'
  const down = (isTimed ? order === 'newest' : order.down) ? ' desc' : ''
  const key = isTimed ? `${state}.updated_on` : order.by === 'id' ? 'c.id' : facetIn(isLive, order.by)
  const keys = isTimed || !alikeFacets.has(order.by) ? [key, 'c.position'] : [key, `${state}.updated_on`, 'c.position']
  if (!isTimed && order.by === 'id') keys.pop()
  const ordered = keys.map((_, index) => `key_${index}${down}`).join(', ')
  const word = isTimed ? order : `${order.by}${order.down ? '-down' : '-up'}`
  return {
    statement: {
      name: `${name}/${kind}-${word}`,
      text: `with found as ${isOfEnds(filter) ? 'materialized' : 'not materialized'} (
          select ${isLive ? 'c.head' : 'v.position'} as head, ${keys.map((text, index) => `${text} as key_${index}`).join(', ')}
          from ${from}
        ), page as (
          select * from found order by ${ordered} limit $${values.length + 1} offset $${values.length + 2}
        )
        select ${textColumns} from page join child_version v on v.position = page.head order by ${ordered}`,
    },
    values: [...values, limit, offset],
  }
}

/** Rows as JSON text, in parts. `limit` null: all of them. */
export async function* childRows(
  store: AnyStore,
  scope: Scope,
  kind: ChildKind,
  filter: ChildFilter,
  order: Order,
  range: Range,
): AsyncGenerator<RowText[], void, void> {
  const query = childQuery(scope, kind, filter, order, range)
  const textsOf = (rows: readonly TextRow[]) => rows.map(row => rowText(store.read, row))
  if (range.limit !== null && range.limit <= mostAtOnce) {
    yield textsOf(await store.read<TextRow>(query.statement, query.values))
    return
  }
  for await (const rows of snapshotRows<TextRow>(store, query.statement, query.values)) yield textsOf(rows)
}
