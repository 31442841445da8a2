import { type PageRequest, pageLinks } from '@slipway/contracts'
import { type NamedStatement, namedStatement, type Queryable, valuesOf } from '@slipway/store'

/** How the rows of a table become a list of the API. */
export type ListSource = {
  readonly table: string
  /** Select list of one item; `item` is the row, `:base` the base URL. */
  readonly fields: string
  readonly joins?: string
  /** Present if counters know how many rows there are, in all and for each value of these columns. */
  readonly counted?: readonly string[]
}

export type ListFilter = { readonly column: string; readonly value: string }

/** An extra condition over `row`, the table's row, with `:condition` as its parameter. */
export type ListCondition = { readonly name: string; readonly sql: string; readonly value: string }

export type ListRequest = PageRequest & {
  /** Absolute URL of the list, for the links to other pages. */
  readonly url: string
  readonly base: string
  readonly filters?: readonly ListFilter[]
  readonly condition?: ListCondition | undefined
}

const statements = new Map<string, NamedStatement>()

/**
 * One statement for each combination of filters, so that each is planned for the index that serves it. The page is cut
 * out of the index before anything is joined. The count is exact: from the counters where one fits, from the index otherwise.
 */
function listStatement(source: ListSource, filters: readonly ListFilter[], condition?: ListCondition): NamedStatement {
  const { table, fields, joins = '' } = source
  const name = ['list', table, ...filters.map(filter => filter.column), ...(condition ? [condition.name] : [])].join(
    '-',
  )
  const known = statements.get(name)
  if (known) return known

  const conditions = filters.map(({ column }) => `row.${column} = :${column}`)
  if (condition) conditions.push(condition.sql)
  const where = conditions.length > 0 ? `where ${conditions.join(' and ')}` : ''
  const statement = namedStatement(
    name,
    `select ${countOf(source, filters, where)}::float8 as count, coalesce((
      select json_agg(body order by created_at desc, position desc)::text from (
        select item.created_at, item.position, (select row_to_json(f) from (select ${fields}) f) as body
        from (
          select row.kf_id as page_key from ${table} row ${where}
          order by row.created_at desc, row.position desc limit :limit offset :offset
        ) page join ${table} item on item.kf_id = page.page_key ${joins}
      ) x
    ), '[]') as results`,
  )
  statements.set(name, statement)
  return statement
}

function countOf({ table, counted }: ListSource, filters: readonly ListFilter[], where: string): string {
  const [only, ...others] = filters
  if (counted && where === '') return `count_of('${table}')`
  if (only && others.length === 0 && where === `where row.${only.column} = :${only.column}`) {
    if (counted?.includes(only.column)) return `count_of('${table}:' || :${only.column}::text)`
  }
  return `(select count(*) from ${table} row ${where})`
}

/** A page of a list in the API's envelope, newest first, as JSON text. */
export async function listPage(read: Queryable['query'], source: ListSource, request: ListRequest): Promise<string> {
  const { filters = [], condition, limit, offset, base, url } = request
  const statement = listStatement(source, filters, condition)
  const values = Object.fromEntries(filters.map(({ column, value }) => [column, value]))
  const given = { base, limit, offset, condition: condition?.value, ...values }
  const [row] = await read<{ count: number; results: string }>(statement.statement, valuesOf(statement, given))
  const { count, results } = row as { count: number; results: string }
  const { next, previous } = pageLinks(url, request, count)
  return `{"count":${count},"next":${JSON.stringify(next)},"previous":${JSON.stringify(previous)},"results":${results}}`
}

/** Statement that reads one item by its id in the API's form. */
export function itemStatement({ table, fields, joins = '' }: ListSource): NamedStatement {
  return namedStatement(
    `item-${table}`,
    `select (select row_to_json(f) from (select ${fields}) f)::text as body
    from ${table} item ${joins} where item.kf_id = :kf_id`,
  )
}

/** The JSON text of one item, or undefined if there is none with this id. */
export async function readItem(
  read: Queryable['query'],
  item: NamedStatement,
  id: string,
  base: string,
): Promise<string | undefined> {
  const [row] = await read<{ body: string }>(item.statement, valuesOf(item, { base, kf_id: id }))
  return row?.body
}
