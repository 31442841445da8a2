import { isWithinCalendar } from '@slipway/contracts'

/** Query parameters as they were sent. */
export type Query = Readonly<Record<string, readonly string[]>>

const last = (query: Query, name: string): string | undefined => query[name]?.at(-1)

/** `true`, `True` and `1`; anything else, also an absent parameter, is false. */
export function isTruthy(query: Query, name: string): boolean {
  return ['true', 'True', '1'].includes(last(query, name) ?? '')
}

/** Filters that take `true` and `false` in any case and ignore everything else. */
export function booleanFilter(query: Query, name: string): boolean | null {
  const word = last(query, name)?.toLowerCase()
  return word === 'true' ? true : word === 'false' ? false : null
}

/** A number from `min` on; what is none counts as absent. */
function wholeNumber(query: Query, name: string, min: number, fallback: number): number {
  const text = last(query, name)?.trim() ?? ''
  const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
  return number >= min ? number : fallback
}

/** Rows of an answer: 10 unless told, 0 for all of them. */
export const limitOf = (query: Query): number => wholeNumber(query, 'limit', 0, 10)
export const offsetOf = (query: Query): number => wholeNumber(query, 'offset', 0, 0)
export const pageOf = (query: Query): number => wholeNumber(query, 'page', 1, 1)
export const searchOf = (query: Query): string | null => last(query, 'q')?.toLowerCase() || null

/**
 * `updatedSince` as ISO 8601 in UTC; null when absent or not to be read, which counts as absent in this API. A time
 * without zone is UTC; a `+` of a zone that arrived as a space is repaired.
 */
export function updatedSinceOf(query: Query): string | null {
  const given = last(query, 'updatedSince')?.trim()
  const parts =
    /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?) ?(Z|[+-]\d\d:?\d\d|\d\d:\d\d|\d{4})?)?$/i.exec(
      given ?? '',
    )
  if (!parts) return null
  const [, date, time = '00:00:00', zone = 'Z'] = parts
  const offset = /^\d/.test(zone) ? `+${zone}` : zone.toUpperCase()
  const withColon = offset.replace(/^([+-]\d\d)(\d\d)$/, '$1:$2')
  const at = `${date}T${time}${withColon}`
  return isWithinCalendar(at) ? new Date(at).toISOString() : null
}
