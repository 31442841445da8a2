import { z } from 'zod'
import { plainNumber } from '../exact-json.ts'
import { sentParameters } from '../sent-parameters.ts'

/** Greatest page that is served; a larger `limit` is cut to it. */
export const maxLimit = 1000
export const defaultLimit = 10

const parameters = sentParameters()
  .optional()
  .meta({ description: 'All query parameters as the client sent them; the links to other pages keep them' })

/** Input of a list: paging, the given filters (an empty one is none), and the parameters that links must keep. */
export function listInput<Filters extends Record<string, z.ZodType>>(filters: Filters) {
  return z.object({ limit: pageNumber(1, defaultLimit, maxLimit), offset: pageNumber(0, 0), ...filters, parameters })
}

/** A wrong number is not an error in this family of APIs: the default applies. */
function pageNumber(
  min: number,
  fallback: number,
  most = Number.MAX_SAFE_INTEGER,
): z.ZodDefault<z.ZodType<number, number | string>> {
  const read = z
    .unknown()
    .transform(value => {
      const text = typeof value === 'string' ? value.trim() : ''
      const number = /^[+-]?\d+$/.test(text) ? Number(text) : plainNumber(value)
      return number !== undefined && Number.isSafeInteger(number) && number >= min ? Math.min(number, most) : fallback
    })
    .meta({ type: 'integer', minimum: min })
  return (read as unknown as z.ZodType<number, number | string>).default(fallback)
}

/** Page envelope with exact count. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({
    count: z.int().min(0),
    next: z.string().nullable(),
    previous: z.string().nullable(),
    results: z.array(item),
  })
}

export type PageRequest = {
  readonly limit: number
  readonly offset: number
  readonly parameters?: Readonly<Record<string, readonly string[]>> | undefined
}

/**
 * Links to the neighbouring pages: they keep every parameter, sorted by name, and always carry `limit`;
 * `previous` has no `offset` when it leads to the first page. `url` is the absolute address of the list.
 */
export function pageLinks(url: string, { limit, offset, parameters }: PageRequest, count: number) {
  const link = (to: number | undefined) => {
    const all = new Map(Object.entries(parameters ?? {}).map(([name, values]) => [name, [...values]]))
    all.set('limit', [String(limit)])
    if (to === undefined) all.delete('offset')
    else all.set('offset', [String(to)])
    const query = new URLSearchParams()
    for (const name of [...all.keys()].sort()) for (const value of all.get(name) ?? []) query.append(name, value)
    return `${url}?${query}`
  }
  return {
    next: offset + limit < count ? link(offset + limit) : null,
    previous: offset > 0 ? link(offset - limit > 0 ? offset - limit : undefined) : null,
  }
}
