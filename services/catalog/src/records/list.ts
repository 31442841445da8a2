import { failure, type PdcParameters, type PdcQuery, pdcPageLinks } from '@slipway/contracts'
import { parametersOf, rowJson, type Store, snapshotRows } from '@slipway/store'
import { type Expression, type RawBuilder, sql } from 'kysely'
import { nameOfConditions, type Selection, selectionOf, valuesOfConditions, whereOf } from './conditions.ts'
import { jsonTextArray } from './json-array.ts'
import type { Condition, Kind } from './kind.ts'
import { orderOf } from './order.ts'
import { maxNamedFilters, type Shaped, shaped } from './run.ts'
import { onlyShown, onlyShownOfList } from './shape.ts'

export type ListRequest = {
  readonly query: PdcQuery
  readonly parameters: PdcParameters
  readonly base: string
}

export type ListAnswer<Body> = { readonly body: Body; readonly warning?: string | undefined }

/** Pages that begin before this row are counted and read in one statement. */
const shallowRows = 2_000

export const urlOfList = (base: string, kind: Kind): string => `${base}/rest_api/v1/${kind.resource.segment}/`

/** The representation of the row `item`, as JSON text. */
export const bodyOf = ({ fields }: Pick<Kind, 'fields'>) => sql<string>`${rowJson(fields)}::text`

/** What is joined to `item`. */
export const joinsOf = ({ joins = [] }: Pick<Kind, 'joins'>) => sql.join([...joins], sql` `)

/**
 * A page in the envelope of the API, as JSON text. The ids of the page are cut out of an index before anything is joined;
 * a page behind the middle is read from the end. The count is exact.
 * @throws `not_found` for a page that is not there
 */
export async function listPage(store: Store, kind: Kind, request: ListRequest): Promise<ListAnswer<string>> {
  const { query, parameters, base } = request
  const selection = await selectionOf(kind, query, store.read)
  const found = await readPage(store, kind, selection, query, base)
  const url = urlOfList(base, kind)
  const { next, previous } = pdcPageLinks(url, parameters, found.page, Math.ceil(found.count / query.pageSize))
  const results = onlyShownOfList(found.results, query.shown)
  const links = `"next":${JSON.stringify(next)},"previous":${JSON.stringify(previous)}`
  return { body: `{"count":${found.count},${links},"results":${results}}`, warning: selection.nothing?.warning }
}

type Page = { readonly page: number; readonly count: number; readonly results: string }

const p = parametersOf<{ limit: number; offset: number }>()
const counts = shaped<{ count: number }>()
const pages = shaped<{ results: string }>()
const countsAndPages = shaped<{ count: number; results: string }>()

async function readPage(
  store: Store,
  kind: Kind,
  { conditions }: Selection,
  query: PdcQuery,
  base: string,
): Promise<Page> {
  const { page, pageSize, ordering } = query
  if (!conditions) return { page: existing(page, 0, pageSize), count: 0, results: '[]' }
  const values = { ...valuesOfConditions(conditions), base, limit: pageSize }
  const comesOften = !ordering && conditions.length <= maxNamedFilters
  const key = (what: string) => [
    what,
    kind.table,
    ...nameOfConditions(conditions),
    ...(ordering ? [JSON.stringify(ordering)] : []),
  ]
  const count = () => sql`${countOf(kind, conditions)}::float8 as count`

  if (page !== 'last' && page > 0 && (page - 1) * pageSize < shallowRows) {
    const shape = {
      key: key('page'),
      query: () =>
        sql<{
          count: number
          results: string
        }>`select ${count()}, (${pageOf(kind, conditions, query, false)}) as results`,
    }
    const given = { ...values, offset: (page - 1) * pageSize }
    const [row] = await countsAndPages.run(store, comesOften, shape, given)
    const { count: total, results } = row as { count: number; results: string }
    return { page: existing(page, total, pageSize), count: total, results }
  }

  const counting = { key: key('count'), query: () => sql<{ count: number }>`select ${count()}` }
  const [row] = await counts.run(store, comesOften, counting, values)
  const total = row?.count ?? 0
  const number = existing(page, total, pageSize)
  const begin = (number - 1) * pageSize
  const size = Math.min(pageSize, total - begin)
  const backwards = begin > total / 2
  const shape = {
    key: key(backwards ? 'backwards' : 'deep'),
    query: () => sql<{ results: string }>`select (${pageOf(kind, conditions, query, backwards)}) as results`,
  }
  const given = { ...values, limit: size, offset: backwards ? total - begin - size : begin }
  const [list] = await pages.run(store, comesOften, shape, given)
  return { page: number, count: total, results: list?.results ?? '[]' }
}

/** The number of a page that there is; page 1 is always there. */
function existing(page: number | 'last', count: number, pageSize: number): number {
  const pages = Math.max(1, Math.ceil(count / pageSize))
  const number = page === 'last' ? pages : page
  if (number < 1 || number > pages) throw failure('not_found', 'Invalid page.')
  return number
}

function countOf({ counter, table }: Kind, conditions: readonly Condition[]) {
  const where = whereOf(conditions)
  if (counter && conditions.every(({ counted }) => counted)) {
    return sql<number>`(select coalesce(sum(item.rows), 0) from ${sql.table(counter)} item ${where})`
  }
  return sql<number>`(select count(*) from ${sql.table(table)} item ${where})`
}

function pageOf(kind: Kind, conditions: readonly Condition[], query: PdcQuery, backwards: boolean) {
  const { tieBreak = 'id' } = kind
  const table = sql.table(kind.table)
  const id = sql.ref(`item.${tieBreak}`)
  const order = orderOf(kind, query.ordering, backwards)
  return sql<string>`
    select '[' || coalesce(string_agg(body, ',' order by position ${backwards ? sql`desc` : sql`asc`}), '') || ']' from (
      select page.position, ${bodyOf(kind)} as body
      from unnest(array(
        select ${id} from ${table} item ${order.joins} ${whereOf(conditions)}
        order by ${order.by} limit ${p.limit} offset ${p.offset}
      )) with ordinality as page(id, position)
      join ${table} item on ${id} = page.id ${joinsOf(kind)}
    ) x`
}

/** Everything there is, as pieces of one JSON list; memory does not grow with it. */
export async function listAll(
  store: Store,
  kind: Kind,
  { query, base }: ListRequest,
): Promise<ListAnswer<AsyncIterable<Uint8Array>>> {
  const selection = await selectionOf(kind, query, store.read)
  const rows = allRows(store, kind, selection, query, base, bodies, {
    name: 'body',
    columns: sql`${bodyOf(kind)} as body`,
  })
  return { body: jsonTextArray(texts(rows, query.shown)), warning: selection.nothing?.warning }
}

async function* texts(rows: AsyncIterable<{ body: string }[]>, shown: PdcQuery['shown']): AsyncGenerator<string[]> {
  for await (const some of rows) yield some.map(({ body }) => onlyShown(body, shown))
}

const bodies = shaped<{ body: string }>()

/** What is selected of each row, by a name for all of a kind. */
export type Selected = { readonly name: string; readonly columns: Expression<unknown> }

/** The rows of a selection, many at a time, in one snapshot. */
export async function* allRows<Row>(
  store: Store,
  kind: Kind,
  { conditions }: Selection,
  { ordering }: PdcQuery,
  base: string,
  statements: Shaped<Row>,
  { name, columns }: Selected,
): AsyncGenerator<Row[]> {
  if (!conditions) return
  const query = (): RawBuilder<Row> => {
    const order = orderOf(kind, ordering, false)
    return sql`select ${columns} from ${sql.table(kind.table)} item ${joinsOf(kind)} ${order.joins}
      ${whereOf(conditions)} order by ${order.by}`
  }
  const key = [name, kind.table, ...nameOfConditions(conditions), JSON.stringify(ordering ?? null)]
  yield* snapshotRows(store, statements.unnamed({ key, query }), { ...valuesOfConditions(conditions), base })
}
