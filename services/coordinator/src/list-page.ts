import { type PageRequest, pageLinks } from '@slipway/contracts'
import { byShape, type Parameters, type Prepared, type Queryable } from '@slipway/store'
import {
  type Expression,
  type ExpressionBuilder,
  expressionBuilder,
  type QueryCreator,
  type RawBuilder,
  type SelectQueryBuilder,
  type SqlBool,
  sql,
} from 'kysely'
import type { Database } from './database.ts'
import { prepare } from './sql.ts'

type ListTable = 'release' | 'task' | 'event' | 'study' | 'release_note'
/** The columns that all of these tables have, and that lists are ordered by. */
type Listed = { readonly kf_id: string; readonly created_at: string | null; readonly position: number }
type Row<Table extends ListTable> = ExpressionBuilder<{ row: Database[Table] } & Database, 'row'>

/** The columns that lists are filtered by. */
type FilterColumn = 'release' | 'task' | 'task_service' | 'study' | 'state' | 'author'
type Filters = { readonly [Column in FilterColumn]?: string | undefined }
type FiltersOf<Table extends ListTable> = Filters & {
  readonly [Column in Exclude<FilterColumn, keyof Database[Table]>]?: undefined
}

/** How the rows of a table become a list of the API. */
export type ListSource<Table extends ListTable> = {
  readonly table: Table
  /** Every row with the JSON of its item; `base` is the base URL. */
  readonly items: (
    db: QueryCreator<Database>,
    base: Parameters<{ base: string }>['base'],
  ) => Expression<Listed & { readonly body: unknown }>
  /** Present if counters know how many rows there are, in all and for each value of these columns. */
  readonly counted?: readonly (FilterColumn & keyof Database[Table])[]
}

/** An extra condition over a row of the table, with a value of its own. */
export type ListCondition<Table extends ListTable> = {
  readonly name: string
  readonly where: (row: Row<Table>, value: Expression<string>) => Expression<SqlBool>
  readonly value: string
}

type Shape<Table extends ListTable> = {
  readonly columns: readonly FilterColumn[]
  readonly condition: ListCondition<Table> | undefined
}
type PageParameters = Filters & { base: string; limit: number; offset: number; condition: string | undefined }

/** The statements of a list. */
export type List<Table extends ListTable> = {
  readonly page: (shape: Shape<Table>) => Prepared<PageParameters, { count: number; results: string }>
  /** One item by its id. */
  readonly item: Prepared<{ base: string; kf_id: string }, { body: string }>
}

export type ListRequest<Table extends ListTable> = PageRequest & {
  /** Absolute URL of the list, for the links to other pages. */
  readonly url: string
  readonly base: string
  /** What is undefined does not filter. */
  readonly filters?: FiltersOf<Table>
  readonly condition?: ListCondition<Table> | undefined
}

/**
 * One statement for each combination of filters, so that each is planned for the index that serves it. The page is cut
 * out of the index before anything is joined. The count is exact: from the counters where one fits, from the index otherwise.
 */
export function listOf<Table extends ListTable>(source: ListSource<Table>): List<Table> {
  const { table, items } = source
  return {
    page: byShape(
      ({ columns, condition }: Shape<Table>) =>
        [`${table}.list`, ...columns, ...(condition ? [condition.name] : [])].join('.'),
      (name, shape) =>
        prepare<PageParameters>()(name, (db, p) => {
          const conditions = conditionsOf(shape, p)
          const rows = db
            .selectFrom(sql<Listed>`${sql.table(table)}`.as('row'))
            .$if(conditions.length > 0, q => q.where(eb => eb.and(conditions)))
          const page = rows
            .select('row.kf_id')
            .orderBy('row.created_at', 'desc')
            .orderBy('row.position', 'desc')
            .limit(p.limit)
            .offset(p.offset)
          return db.selectNoFrom([
            sql<number>`${counterOf(source, shape, p) ?? countOf(rows)}::float8`.as('count'),
            sql<string>`coalesce((
              select json_agg(item.body order by item.created_at desc, item.position desc)::text
              from ${page} page join ${items(db, p.base)} item using (kf_id)
            ), '[]')`.as('results'),
          ])
        }),
    ),
    item: prepare<{ base: string; kf_id: string }>()(`${table}.item`, (db, p) =>
      db
        .selectFrom(sql<{ kf_id: string }>`${items(db, p.base)}`.as('item'))
        .select(sql<string>`item.body::text`.as('body'))
        .where('item.kf_id', '=', p.kf_id),
    ),
  }
}

function conditionsOf<Table extends ListTable>({ columns, condition }: Shape<Table>, p: Parameters<PageParameters>) {
  const row = expressionBuilder<{ row: Database[Table] } & Database, 'row'>()
  return [
    ...columns.map(column => sql<boolean>`${sql.ref(`row.${column}`)} = ${p[column]}`),
    ...(condition ? [condition.where(row, sql<string>`${p.condition}`)] : []),
  ]
}

/** The counter that knows how many rows of this shape there are; undefined: none does. */
function counterOf<Table extends ListTable>(
  { table, counted }: ListSource<Table>,
  { columns, condition }: Shape<Table>,
  p: Parameters<PageParameters>,
): RawBuilder<number> | undefined {
  const [only, ...others] = columns
  if (!counted || condition || others.length > 0) return undefined
  if (only === undefined) return sql<number>`count_of(${sql.lit(table)})`
  if (!counted.some(column => column === only)) return undefined
  return sql<number>`count_of(${sql.lit(`${table}:`)} || ${p[only]}::text)`
}

function countOf<DB, Tables extends keyof DB>(rows: SelectQueryBuilder<DB, Tables, object>): Expression<number> {
  return sql<number>`${rows.select(sql<number>`count(*)`.as('count'))}`
}

/** A page of a list in the API's envelope, newest first, as JSON text. */
export async function listPage<Table extends ListTable>(
  read: Queryable['query'],
  list: List<Table>,
  request: ListRequest<Table>,
): Promise<string> {
  const { condition, limit, offset, base, url } = request
  const filters: Filters = request.filters ?? {}
  const columns = (Object.keys(filters) as FilterColumn[]).filter(column => filters[column] !== undefined)
  const given = { ...filters, base, limit, offset, condition: condition?.value }
  const [row] = await read(list.page({ columns, condition }), given)
  const { count, results } = row as { count: number; results: string }
  const { next, previous } = pageLinks(url, request, count)
  return `{"count":${count},"next":${JSON.stringify(next)},"previous":${JSON.stringify(previous)},"results":${results}}`
}

/** The JSON text of one item, or undefined if there is none with this id. */
export async function readItem(
  read: Queryable['query'],
  { item }: Pick<List<ListTable>, 'item'>,
  kf_id: string,
  base: string,
): Promise<string | undefined> {
  const [row] = await read(item, { base, kf_id })
  return row?.body
}
