import type { Prepared } from './types.ts'

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
 * there must be a bound on their number, so values of requests never belong into a shape.
 */
export function byShape<Shape, Given, Row>(
  nameOf: (shape: Shape) => string,
  build: (name: string, shape: Shape) => Prepared<Given, Row>,
): (shape: Shape) => Prepared<Given, Row> {
  const known = new Map<string, Prepared<Given, Row>>()
  return shape => {
    const name = nameOf(shape)
    const kept = known.get(name)
    if (kept) return kept
    const built = build(name, shape)
    known.set(name, built)
    return built
  }
}
