import type { Parameters } from '@slipway/store'
import { type Expression, expressionBuilder, type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Database } from '../database.ts'
import type { Scope } from './child.store.ts'
import type { ChildKind } from './child.ts'
import { type Facet, facetColumns, facetMembers, mostFacet } from './facets.ts'

type End = 'from_concept' | 'to_concept'

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
  readonly ends?: Readonly<Partial<Record<End, number | null>>>
}

/** A filter. A facet is one text, which is asked for by far the most often; with an `s` behind it, one of several. */
type Word = 'active' | 'since' | 'search' | 'of' | 'around' | Facet | `${Facet}s` | End

/** What statements differ by, so that each is planned with the index that serves it: that of a kind names it. */
export type Selection = { readonly isLive: boolean; readonly kind: ChildKind; readonly words: readonly Word[] }

/** What they are given: of filters, those that the selection has. */
export type Selected = { readonly source: number; readonly version: number | null; readonly kind: ChildKind } & {
  readonly since?: string
  readonly search?: string
  readonly concept?: number
} & Readonly<Partial<Record<Facet, string> & Record<`${Facet}s`, readonly string[]> & Record<End, number | null>>>

/** `c`: a child, `v`: its state that is shown, `m`: how a frozen version has it. */
type Tables = { c: Database['child']; v: Database['child_version']; m: Database['member'] }
export const tables = expressionBuilder<Tables, keyof Tables>()
const { ref } = tables

/** What is asked for, and the values that it is asked for with. */
export function selectionOf({ source, version }: Scope, kind: ChildKind, filter: ChildFilter) {
  const { includeRetired, since, search, of, facets = {}, ends = {} } = filter
  const words: Word[] = []
  const filters: Record<string, unknown> = {}
  const add = (word: Word, parameter?: keyof Selected, value?: unknown) => {
    words.push(word)
    if (parameter) filters[parameter] = value
  }
  if (!includeRetired) add('active')
  if (since !== null) add('since', 'since', since)
  if (search !== null) add('search', 'search', search)
  if (of) add(of.inverse ? 'around' : 'of', 'concept', of.concept)
  for (const facet of facetColumns) {
    const texts = facets[facet]
    if (!texts) continue
    const [text, ...more] = new Set(texts)
    if (more.length === 0) add(facet, facet, text)
    else add(`${facet}s`, `${facet}s`, [text, ...more])
  }
  for (const end of ['from_concept', 'to_concept'] as const) if (end in ends) add(end, end, ends[end])
  const selection: Selection = { isLive: version === null, kind, words }
  const given: Selected = { source, version, kind, ...filters }
  return { selection, given }
}

export const nameOfSelection = ({ isLive, kind, words }: Selection): string =>
  [isLive ? `child.live-${kind}` : 'child.frozen', ...words].join('-')

/** What a facet is in a list: kept of the live state only, of others it is read from their rows. */
export function facetIn(isLive: boolean, facet: Facet): RawBuilder<string | null> {
  if (isLive) return sql`${ref(`c.${facet}`)}`
  return sql`left(lower(coalesce(${sql.join(facetMembers[facet].map(memberOfRow))})), ${mostFacet})`
}

const memberOfRow = (name: string) => sql<string | null>`${ref('v.body')}::json ->> ${name}`

const holds = (text: Expression<unknown>, part: Expression<unknown>) =>
  sql<SqlBool>`position(${part}::text in ${text}) > 0`

/** What is searched in is known of the live state only; of others it is read from their rows. */
function isFound(isLive: boolean, part: Expression<unknown>): Expression<SqlBool> {
  if (isLive) return holds(ref('c.search'), part)
  const codes = ['from_concept_code', 'to_concept_code'].map(name => sql`lower(coalesce(${memberOfRow(name)}, ''))`)
  const names = sql`json_array_elements(coalesce(${ref('v.body')}::json -> 'names', '[]')) named`
  const named = sql<SqlBool>`exists (select from ${names} where ${holds(sql`lower(named ->> 'name')`, part)})`
  return tables.or([...[sql`lower(${ref('c.id')})`, ...codes].map(text => holds(text, part)), named])
}

const isFacet = (word: string): word is Facet => facetColumns.includes(word as Facet)

function condition(word: Word, isLive: boolean, p: Parameters<Selected>): Expression<SqlBool> {
  const state = isLive ? 'c' : 'v'
  const concept = sql<number>`${p.concept}::bigint`
  switch (word) {
    case 'active':
      return tables.not(ref(`${state}.retired`))
    case 'since':
      return sql`${ref(`${state}.updated_on`)} >= ${p.since}::timestamptz`
    case 'search':
      return isFound(isLive, p.search)
    case 'of':
      return tables('v.from_concept', '=', concept)
    case 'around':
      return tables.or([tables('v.from_concept', '=', concept), tables('v.to_concept', '=', concept)])
    case 'from_concept':
    case 'to_concept':
      return sql`${ref(`v.${word}`)} = ${p[word]}::bigint`
  }
  if (isFacet(word)) return sql`${facetIn(isLive, word)} = ${p[word]}::text`
  return sql`${facetIn(isLive, word.slice(0, -1) as Facet)} = any(${p[word]}::text[])`
}

/** Filters about the state of a live child, which is not looked at without them. */
const aboutStates: readonly Word[] = ['of', 'around', 'from_concept', 'to_concept']

/** The part of a query from its `from` on. */
export function fromSelection({ isLive, kind, words }: Selection, p: Parameters<Selected>) {
  const conditions = words.map(word => condition(word, isLive, p))
  if (!isLive) {
    const ofVersion = tables.and([tables('m.version', '=', p.version), tables('m.kind', '=', p.kind), ...conditions])
    const ofState = tables.and([
      tables('v.position', '=', ref('m.child_version')),
      tables('v.child', '=', ref('m.child')),
    ])
    const ofChild = tables('c.position', '=', ref('m.child'))
    return sql`from member m join child_version v on ${ofState} join child c on ${ofChild} where ${ofVersion}`
  }
  const ofHead = tables.and([tables('v.position', '=', ref('c.head')), tables('v.child', '=', ref('c.position'))])
  const states = words.some(word => aboutStates.includes(word)) ? sql`join child_version v on ${ofHead}` : sql``
  const ofSource = tables.and([tables('c.source', '=', p.source), tables('c.kind', '=', kind), ...conditions])
  return sql`from child c ${states} where ${ofSource}`
}
