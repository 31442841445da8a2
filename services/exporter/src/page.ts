import { failure } from '@slipway/contracts'
import { limitOf, pageOf, type Query } from './query.ts'

/** Rows of a list; `limit` null: all that follow. */
export type Range = { readonly limit: number | null; readonly offset: number }

export type Page = Range & { readonly headers: Readonly<Record<string, string>> }

/**
 * Which rows of a list of `total` a page has, and the headers that say so. `url` is the absolute address of the list.
 * @throws `not_found` beyond the end
 */
export function pageFor(query: Query, total: number, url: string): Page {
  const limit = limitOf(query)
  const pages = limit === 0 ? 1 : Math.max(1, Math.ceil(total / limit))
  const page = limit === 0 ? 1 : pageOf(query)
  if (page > pages) throw failure('not_found', 'Not found.')
  const offset = (page - 1) * limit
  const link = (to: number) => {
    const parameters = new URLSearchParams()
    for (const [name, values] of Object.entries(query)) {
      if (name !== 'page') for (const value of values) parameters.append(name, value)
    }
    parameters.set('page', String(to))
    return `${url}?${parameters}`
  }
  return {
    offset,
    limit: limit === 0 ? null : limit,
    headers: {
      num_found: String(total),
      num_returned: String(limit === 0 ? total : Math.min(limit, total - offset)),
      offset: String(offset),
      pages: String(pages),
      page_number: String(page),
      ...(page < pages && { next: link(page + 1) }),
      ...(page > 1 && { previous: link(page - 1) }),
    },
  }
}
