import { failure, standings } from '@slipway/contracts'
import { byShape, type Prepared } from '@slipway/store'
import { type Expression, sql } from 'kysely'

export type MldsParameters = Readonly<Record<string, readonly string[]>>

/** One form of `$filter`. The texts of its first group, or `true` where it has none, are the values of its name. */
export type Filter<Name extends string> = {
  readonly pattern: RegExp
  readonly name: Name
  readonly kind?: 'member' | 'standing'
}

export type ListGrammar<Name extends string = string> = {
  readonly filters: readonly Filter<Name>[]
  /** Columns by the names of the API. */
  readonly orders: Readonly<Record<string, readonly Expression<unknown>[]>>
  /** Of its parameters; default: those of most lists. */
  readonly names?: Readonly<Record<'order' | 'page' | 'pageSize', string>>
  /** Default: by the ids. */
  readonly usualOrder?: string
}

/** A page of a list as it was asked for. */
export type ListRequest<Name extends string> = {
  /** Every filter's values, all of which must hold; none: everything does. */
  readonly values: Readonly<Record<Name, readonly string[]>>
  /** Name of an order, with ` desc` behind it where it runs backwards; empty: the usual one. */
  readonly order: string
  readonly page: number
  readonly pageSize: number
}

/** What the statement of a page takes beside the values. */
export type PageParameters = { readonly limit: number; readonly offset: number }

export const pageOf = ({ page, pageSize }: Pick<ListRequest<never>, 'page' | 'pageSize'>): PageParameters => ({
  limit: pageSize,
  offset: page * pageSize,
})

/** Rows of a page when the client does not say. */
const usualPage = 50
/** More are never sent at once. */
const largestPage = 10_000

const usualNames = { order: '$orderby', page: '$page', pageSize: '$pageSize' } as const

/** Reads `$filter`, `$orderby`, `$page` and `$pageSize` by a grammar. @throws `refused` for anything beside it */
export function readList<Name extends string>(query: MldsParameters, grammar: ListGrammar<Name>): ListRequest<Name> {
  const { filters, orders, names = usualNames, usualOrder = '' } = grammar
  const values = Object.fromEntries(filters.map(({ name }) => [name, []])) as unknown as Record<Name, string[]>
  for (const text of query.$filter ?? []) {
    if (text.trim() === '') continue
    const filter = filters.find(({ pattern }) => pattern.test(text))
    if (!filter) throw failure('refused', `Unknown filter: ${text}`)
    const given = filter.pattern.exec(text)?.[1] ?? 'true'
    if (filter.kind === 'standing' && !standings.some(standing => standing === given)) {
      throw failure('refused', `Unknown standing state: '${given}'`)
    }
    values[filter.name].push(given)
  }
  const order = query[names.order]?.at(-1)?.trim() || usualOrder
  if (order !== '' && !Object.hasOwn(orders, order.replace(/ desc$/, ''))) {
    throw failure('refused', `Unknown order: ${order}`)
  }
  return {
    values,
    order,
    page: numberOf(query, names.page, 0, 0, 1_000_000),
    pageSize: Math.min(numberOf(query, names.pageSize, usualPage, 1, 1_000_000_000), largestPage),
  }
}

function numberOf(query: MldsParameters, name: string, fallback: number, least: number, most: number): number {
  const text = query[name]?.at(-1)?.trim() ?? ''
  if (text === '') return fallback
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= least && value <= most)) throw failure('refused', `${name} is no such number: '${text}'`)
  return value
}

/** A statement for each order of a list; `id` comes last in all of them, so that pages do not overlap. */
export function statementsByOrder<Given, Row>(
  name: string,
  { orders }: Pick<ListGrammar, 'orders'>,
  id: Expression<unknown>,
  build: (name: string, order: Expression<unknown>) => Prepared<Given, Row>,
): (order: string) => Prepared<Given, Row> {
  return byShape(
    (order: string) => (order === '' ? name : `${name}/${order}`),
    (statement, order) => {
      const columns = orders[order.replace(/ desc$/, '')] ?? []
      const direction = order.endsWith(' desc') ? sql`desc nulls last` : sql`nulls last`
      return build(statement, sql.join([...columns.map(column => sql`${column} ${direction}`), id]))
    },
  )
}
