import type { Prepared } from '../types.ts'

/**
 * Statements whose text depends on a request, such as a list with some of many filters: one for each shape, built when
 * it is first needed and kept from then on.
 *
 * ```ts
 * type Shape = { readonly sort: 'name' | 'created_at'; readonly filters: readonly ('state' | 'author')[] }
 * const list = byShape(
 *   ({ sort, filters }: Shape) => ['version.list', sort, ...filters].join('.'),
 *   (name, { sort, filters }) => prepare<Filters>()(name, (db, p) => …),
 * )
 * const rows = await store.read(list({ sort: 'name', filters: ['state'] }), { state: 'draft' })
 * ```
 *
 * `nameOf` gives the statement its name, by which it is found again: shapes whose texts differ need different names, and
 * there must be a bound on their number, so values of requests never belong into a shape. Where clients may put together
 * any number of them, `max` is how many are kept, those used last, and `build` gives its statements the empty name, with
 * which PostgreSQL keeps nothing of them. Default: all are kept.
 */
export function byShape<Shape, Given, Row>(
  nameOf: (shape: Shape) => string,
  build: (name: string, shape: Shape) => Prepared<Given, Row>,
  { max = Number.POSITIVE_INFINITY }: { readonly max?: number } = {},
): (shape: Shape) => Prepared<Given, Row> {
  const known = new Map<string, Prepared<Given, Row>>()
  return shape => {
    const name = nameOf(shape)
    const statement = known.get(name) ?? build(name, shape)
    if (max < Number.POSITIVE_INFINITY) known.delete(name)
    known.set(name, statement)
    if (known.size > max) known.delete(known.keys().next().value as string)
    return statement
  }
}
