import { failure, type PdcParameters, type PdcQuery, pdcPageLinks } from '@slipway/contracts'
import { namedStatement, type Store, snapshotRows, valuesOf } from '@slipway/store'
import { type Selection, selectionOf, valuesOfConditions, whereOf } from './conditions.ts'
import type { Condition, Kind } from './kind.ts'
import { orderOf } from './order.ts'
import { run } from './run.ts'
import { shaped, shapedList } from './shape.ts'

export type ListRequest = {
  readonly query: PdcQuery
  readonly parameters: PdcParameters
  readonly base: string
}

export type ListAnswer<Body> = { readonly body: Body; readonly warning?: string | undefined }

/** Pages that begin before this row are counted and read in one statement. */
const shallowRows = 2_000
/** Combinations of more filters are too many to keep a plan for each. */
const mostNamedFilters = 2

export const urlOfList = (base: string, kind: Kind): string => `${base}/rest_api/v1/${kind.resource.segment}/`

/** SQL of one representation, as `body`. */
export const bodyOf = ({ fields }: Kind): string => `(select row_to_json(f) from (select ${fields}) f)::text`

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
  const results = shapedList(found.results, query.shown)
  const links = `"next":${JSON.stringify(next)},"previous":${JSON.stringify(previous)}`
  return { body: `{"count":${found.count},${links},"results":${results}}`, warning: selection.nothing?.warning }
}

type Page = { readonly page: number; readonly count: number; readonly results: string }

async function readPage(
  store: Store,
  kind: Kind,
  { conditions }: Selection,
  query: PdcQuery,
  base: string,
): Promise<Page> {
  const { page, pageSize } = query
  if (!conditions) return { page: existing(page, 0, pageSize), count: 0, results: '[]' }
  const values = { ...valuesOfConditions(conditions), base, limit: pageSize }
  const named = !query.ordering && conditions.length <= mostNamedFilters
  const name = (what: string) =>
    named ? [what, kind.table, ...conditions.map(condition => condition.name)].join('-') : undefined
  const count = `${countOf(kind, conditions)}::float8`

  if (page !== 'last' && page > 0 && (page - 1) * pageSize < shallowRows) {
    const text = () => `select ${count} as count, (${pageOf(kind, conditions, query, false)}) as results`
    const given = { ...values, offset: (page - 1) * pageSize }
    const [row] = await run<{ count: number; results: string }>(store, name('page'), text, given)
    const { count: total, results } = row as { count: number; results: string }
    return { page: existing(page, total, pageSize), count: total, results }
  }

  const [row] = await run<{ count: number }>(store, name('count'), () => `select ${count} as count`, values)
  const total = row?.count ?? 0
  const number = existing(page, total, pageSize)
  const begin = (number - 1) * pageSize
  const size = Math.min(pageSize, total - begin)
  const backwards = begin > total / 2
  const given = { ...values, limit: size, offset: backwards ? total - begin - size : begin }
  const text = () => `select (${pageOf(kind, conditions, query, backwards)}) as results`
  const [list] = await run<{ results: string }>(store, name(backwards ? 'backwards' : 'deep'), text, given)
  return { page: number, count: total, results: list?.results ?? '[]' }
}

/** The number of a page that there is; page 1 is always there. */
function existing(page: number | 'last', count: number, pageSize: number): number {
  const pages = Math.max(1, Math.ceil(count / pageSize))
  const number = page === 'last' ? pages : page
  if (number < 1 || number > pages) throw failure('not_found', 'Invalid page.')
  return number
}

function countOf({ counter, table }: Kind, conditions: readonly Condition[]): string {
  const where = whereOf(conditions)
  if (counter && conditions.every(({ counted }) => counted)) {
    return `(select coalesce(sum(item.rows), 0) from ${counter} item ${where})`
  }
  return `(select count(*) from ${table} item ${where})`
}

function pageOf(kind: Kind, conditions: readonly Condition[], query: PdcQuery, backwards: boolean): string {
  const { table, joins = '', tieBreak = 'id' } = kind
  const order = orderOf(kind, query.ordering, backwards)
  return `
    select '[' || coalesce(string_agg(body, ',' order by position ${backwards ? 'desc' : 'asc'}), '') || ']' from (
      select page.position, ${bodyOf(kind)} as body
      from unnest(array(
        select item.${tieBreak} from ${table} item ${order.joins} ${whereOf(conditions)}
        order by ${order.by} limit :limit offset :offset
      )) with ordinality as page(id, position)
      join ${table} item on item.${tieBreak} = page.id ${joins}
    ) x`
}

/** Everything there is, as pieces of one JSON list; memory does not grow with it. */
export async function listAll(
  store: Store,
  kind: Kind,
  { query, base }: ListRequest,
): Promise<ListAnswer<AsyncIterable<Uint8Array>>> {
  const selection = await selectionOf(kind, query, store.read)
  const rows = allRows(store, kind, selection, query, base)
  return { body: jsonList(rows, query.shown), warning: selection.nothing?.warning }
}

async function* jsonList(rows: AsyncIterable<{ body: string }[]>, shown: ReadonlySet<string> | undefined) {
  let separator = '['
  for await (const some of rows) {
    yield Buffer.from(separator + some.map(({ body }) => shaped(body, shown)).join(','))
    separator = ','
  }
  yield Buffer.from(separator === '[' ? '[]' : ']')
}

/** The rows of a selection, many at a time, in one snapshot. `body`: SQL that is selected, by default the representation. */
export async function* allRows<Row = { body: string }>(
  store: Store,
  kind: Kind,
  { conditions }: Selection,
  { ordering }: PdcQuery,
  base: string,
  select = `${bodyOf(kind)} as body`,
): AsyncGenerator<Row[]> {
  if (!conditions) return
  const order = orderOf(kind, ordering, false)
  const query = namedStatement(
    '',
    `select ${select} from ${kind.table} item ${kind.joins ?? ''} ${order.joins} ${whereOf(conditions)} order by ${order.by}`,
  )
  yield* snapshotRows<Row>(store, query.statement, valuesOf(query, { ...valuesOfConditions(conditions), base }))
}
