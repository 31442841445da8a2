import type { PdcParameters } from './query.ts'

/**
 * Links to the neighbours of a page, from 1: they keep every parameter, sorted by name, repeated ones too; the link to
 * page 1 has no `page`. `url` is the absolute address of the list.
 */
export function pdcPageLinks(url: string, parameters: PdcParameters, page: number, pages: number) {
  const link = (to: number) => {
    const query = new URLSearchParams()
    for (const name of [...new Set([...Object.keys(parameters), 'page'])].sort()) {
      if (name !== 'page') for (const value of parameters[name] ?? []) query.append(name, value)
      else if (to > 1) query.append('page', String(to))
    }
    return query.size > 0 ? `${url}?${query}` : url
  }
  return { next: page < pages ? link(page + 1) : null, previous: page > 1 ? link(page - 1) : null }
}
