import { byShape, type Prepared, type Store } from '@slipway/store'
import type { RawBuilder } from 'kysely'
import { prepare } from '../sql.ts'

/** A query that is put together from parts, and what tells it from others. */
export type Shape<Row> = {
  readonly key: readonly string[]
  /** Asked when nothing of this key is known. */
  readonly query: () => RawBuilder<Row>
}
export type Values = Readonly<Record<string, unknown>>

/** Combinations of more filters are too many to keep a plan for each. */
export const maxNamedFilters = 2
/** Clients may put together any number of filters and orders: those used last are kept. */
export const maxShapes = 1_000

/** The statements of queries that depend on requests. */
export type Shaped<Row> = {
  /**
   * Runs the query of a shape. One that comes often is planned once a connection and pipelined with others; orders and
   * filters of all sorts are planned for their values and kept apart, so that rare and slow ones hold nothing up.
   */
  run(store: Store, comesOften: boolean, shape: Shape<Row>, values: Values): Promise<Row[]>
  /** A statement that is planned for each run. */
  readonly unnamed: (shape: Shape<Row>) => Prepared<Values, Row>
}

export function shaped<Row>(): Shaped<Row> {
  const nameOf = ({ key }: Shape<Row>) => key.join('-')
  const named = byShape(nameOf, (name, { query }: Shape<Row>) => prepare<Values>()(name, query))
  const unnamed = byShape(nameOf, (_, { query }: Shape<Row>) => prepare<Values>()('', query), { max: maxShapes })
  return {
    run: (store, comesOften, shape, values) =>
      comesOften ? store.read(named(shape), values) : store.query(unnamed(shape), values),
    unnamed,
  }
}
