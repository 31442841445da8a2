import { type Queryable, recordset } from '@slipway/store'
import { expressionBuilder, sql } from 'kysely'
import type { Written } from '../child/change-child.ts'
import type { ChildKind } from '../child/child.ts'
import type { Facet } from '../child/facets.ts'
import type { Database } from '../database.ts'
import { filling, overridingIdentity, prepare } from '../sql.ts'

type Child = Database['child']
type Ends = 'match_key' | 'from_source' | 'to_source' | 'open_from' | 'open_to'
type State = Pick<Child, 'retired' | 'search' | Ends | Facet> &
  Pick<Database['child_version'], 'body' | 'from_concept' | 'to_concept'>
type New = State & { readonly id: string; readonly uuid: string }
type Next = State & { readonly position: number; readonly number: number }

/** The states come as JSON with their rows in it as they are: read as text, such a member stays as it was written. */
const stateColumns = {
  ...{ retired: 'boolean', search: 'text', match_key: 'text', from_source: 'bigint', to_source: 'bigint' },
  ...{ from_concept: 'bigint', to_concept: 'bigint', open_from: 'text', open_to: 'text' },
  ...{ class: 'text', datatype: 'text', label: 'text', from_code: 'text', to_code: 'text', body: 'text' },
}
/** Escapes that Postgres refuses to read, though it keeps them as text: NUL, and halves of surrogate pairs. */
const unknownToJson = /\\u(?:0000|d[89a-f])/

const nextPosition = sql<number>`nextval('child_position_seq')`.as('position')
const nextHead = sql<number>`nextval('child_version_position_seq')`.as('head')

const { ref } = expressionBuilder<{ rows: New & Next & { readonly head: number } }, 'rows'>()
/** Columns of a child that follow its newest state. */
const followed = {
  ...{ head: ref('rows.head'), retired: ref('rows.retired'), search: ref('rows.search') },
  ...{ match_key: ref('rows.match_key'), from_source: ref('rows.from_source'), to_source: ref('rows.to_source') },
  ...{ open_from: ref('rows.open_from'), open_to: ref('rows.open_to'), class: ref('rows.class') },
  ...{ datatype: ref('rows.datatype'), label: ref('rows.label') },
  ...{ from_code: ref('rows.from_code'), to_code: ref('rows.to_code') },
}
/** A state, but for its number and time. */
const stated = {
  ...{ position: ref('rows.head'), child: ref('rows.position'), retired: ref('rows.retired'), body: ref('rows.body') },
  ...{ from_concept: ref('rows.from_concept'), to_concept: ref('rows.to_concept') },
}

type Insert = { readonly rows: string; readonly source: number; readonly kind: ChildKind; readonly now: string }
/** Positions follow the order of the lines: exports have children in the order of creation. */
const insert = prepare<Insert>()('bulk-import.insert-children', (db, p) => {
  const given = recordset<New>()(p.rows, 'row', { id: 'text', uuid: 'uuid', ...stateColumns })
  const key = { position: ref('rows.position'), source: p.source, kind: p.kind, id: ref('rows.id') }
  const times = { created_on: p.now, updated_on: p.now }
  const child = filling<'child'>({ ...key, uuid: ref('rows.uuid'), ...times, ...followed })
  const first = filling<'child_version'>({ ...stated, number: sql.lit(1), updated_on: p.now })
  return db
    .with(
      cte => cte('rows').materialized(),
      q => q.selectFrom(given).select([nextPosition, nextHead]).selectAll('row'),
    )
    .with('made', q =>
      q
        .insertInto('child')
        .columns(child.columns)
        .expression(overridingIdentity(q.selectFrom('rows').select(child.values))),
    )
    .insertInto('child_version')
    .columns(first.columns)
    .expression(eb => overridingIdentity(eb.selectFrom('rows').select(first.values)))
})
const revise = prepare<{ rows: string; now: string }>()('bulk-import.revise-children', (db, p) => {
  const given = recordset<Next>()(p.rows, 'row', { position: 'bigint', number: 'integer', ...stateColumns })
  const next = filling<'child_version'>({ ...stated, number: ref('rows.number'), updated_on: p.now })
  return db
    .with(
      cte => cte('rows').materialized(),
      q => q.selectFrom(given).select(nextHead).selectAll('row'),
    )
    .with('made', q =>
      q
        .insertInto('child_version')
        .columns(next.columns)
        .expression(overridingIdentity(q.selectFrom('rows').select(next.values))),
    )
    .updateTable('child as c')
    .from('rows')
    .set({ ...followed, number: ref('rows.number'), updated_on: p.now })
    .whereRef('c.position', '=', 'rows.position')
})

/** Adds children, each given as a `recordOf` its id and uuid. */
export async function insertChildren(
  tx: Queryable,
  source: number,
  kind: ChildKind,
  records: readonly string[],
  now: string,
): Promise<void> {
  if (records.length > 0) await tx.query(insert, { rows: `[${records.join(',')}]`, source, kind, now })
}

/** Gives children their next states, each given as a `recordOf` its position and number. */
export async function reviseChildren(tx: Queryable, records: readonly string[], now: string): Promise<void> {
  if (records.length > 0) await tx.query(revise, { rows: `[${records.join(',')}]`, now })
}

/** A state as the statements take it, with the `key` of what it is of. */
export function recordOf(key: object, { state: { retired, search, facets, links, body } }: Written): string {
  const columns = {
    ...key,
    retired,
    // Half a surrogate pair is no text for Postgres.
    search: search.toWellFormed(),
    match_key: links?.matchKey,
    from_source: links?.fromSource,
    to_source: links?.toSource,
    from_concept: links?.fromConcept,
    to_concept: links?.toConcept,
    open_from: links?.openFrom,
    open_to: links?.openTo,
    ...facets,
  }
  const row = unknownToJson.test(body) ? JSON.stringify(body) : body
  return `${JSON.stringify(columns).slice(0, -1)},"body":${row}}`
}
