import { byShape, type Query, queryOf, type Store, snapshotRows } from '@slipway/store'
import { sql } from 'kysely'
import type { Range } from '../page.ts'
import type { Read } from '../source/source.store.ts'
import { prepare } from '../sql.ts'
import type { Scope } from './child.store.ts'
import type { ChildKind } from './child.ts'
import type { Facet } from './facets.ts'
import { type RowText, rowText, type TextRow, textColumns } from './row-text.ts'
import {
  type ChildFilter,
  facetIn,
  fromSelection,
  nameOfSelection,
  type Selected,
  type Selection,
  selectionOf,
  tables,
} from './select-children.ts'

/** By the time of the last change, or by a facet or the id. */
export type Order = 'newest' | 'oldest' | { readonly by: Facet | 'id'; readonly down: boolean }

/** Up to so many rows are read at once; more are streamed. */
const mostAtOnce = 100

const count = byShape(
  (selection: Selection) => `${nameOfSelection(selection)}/count`,
  (name, selection) =>
    prepare<Selected>()(
      name,
      (_db, p) => sql<{ total: number }>`select count(*) as total ${fromSelection(selection, p)}`,
    ),
)

/** How many children a list has whose length is kept nowhere: one that asks for more than whether they are retired. */
export async function countChildren(read: Read, scope: Scope, kind: ChildKind, filter: ChildFilter): Promise<number> {
  const { selection, given } = selectionOf(scope, kind, filter)
  const [row] = await read(count(selection), given)
  return row?.total ?? 0
}

/** Mappings of one concept are few: all are looked at, however long the planner believes that a list in order takes. */
const ofEnds: ReadonlySet<string> = new Set([
  ...['of', 'around', 'from_code', 'from_codes', 'to_code', 'to_codes', 'from_concept', 'to_concept'],
])

/** Many rows are alike in these. Their indexes go on with the time, for lists of one of them, newest first. */
const alikeFacets: ReadonlySet<Facet | 'id'> = new Set(['class', 'datatype'])

type Ordered = Selection & { readonly order: Order }

function nameOfOrdered({ order, ...selection }: Ordered): string {
  const word = typeof order === 'string' ? order : `${order.by}${order.down ? '-down' : '-up'}`
  return `${nameOfSelection(selection)}/${selection.kind}-${word}`
}

function keysOf(isLive: boolean, order: Order) {
  const { ref } = tables
  const time = ref(isLive ? 'c.updated_on' : 'v.updated_on')
  const position = ref('c.position')
  if (typeof order === 'string') return [time, position]
  if (order.by === 'id') return [ref('c.id')]
  const key = facetIn(isLive, order.by)
  return alikeFacets.has(order.by) ? [key, time, position] : [key, position]
}

/**
 * Which rows is decided first, from an index and without their texts: with these the planner would sort all that there
 * are.
 */
const list = byShape(nameOfOrdered, (name, { order, ...selection }: Ordered) =>
  prepare<Selected & Range>()(name, (_db, p) => {
    const isDown = typeof order === 'string' ? order === 'newest' : order.down
    const keys = keysOf(selection.isLive, order).map((key, index) => ({ key, name: sql.id(`key_${index}`) }))
    const ordered = sql.join(keys.map(key => (isDown ? sql`${key.name} desc` : key.name)))
    const head = tables.ref(selection.isLive ? 'c.head' : 'v.position')
    const kept = sql.raw(selection.words.some(word => ofEnds.has(word)) ? 'materialized' : 'not materialized')
    return sql<TextRow>`with found as ${kept} (
        select ${head} as head, ${sql.join(keys.map(({ key, name }) => sql`${key} as ${name}`))}
        ${fromSelection(selection, p)}
      ), page as (select * from found order by ${ordered} limit ${p.limit} offset ${p.offset})
      select ${sql.join(textColumns)} from page join child_version v on v.position = page.head order by ${ordered}`
  }),
)

/** What a list of rows is asked with. */
function listOf(scope: Scope, kind: ChildKind, filter: ChildFilter, order: Order, range: Range) {
  const { selection, given } = selectionOf(scope, kind, filter)
  return [list({ ...selection, order }), { ...given, ...range }] as const
}

/** The query of rows, as `textColumns`. `limit` null: all of them. */
export const childQuery = (...asked: Parameters<typeof listOf>): Query<TextRow> => queryOf(...listOf(...asked))

/** Rows as JSON text, in parts. `limit` null: all of them. */
export async function* childRows(
  store: Store,
  scope: Scope,
  kind: ChildKind,
  filter: ChildFilter,
  order: Order,
  range: Range,
): AsyncGenerator<RowText[], void, void> {
  const asked = listOf(scope, kind, filter, order, range)
  const textsOf = (rows: readonly TextRow[]) => rows.map(row => rowText(store.read, row))
  if (range.limit !== null && range.limit <= mostAtOnce) {
    yield textsOf(await store.read(...asked))
    return
  }
  for await (const rows of snapshotRows(store, ...asked)) yield textsOf(rows)
}
