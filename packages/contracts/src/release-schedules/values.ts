import type { z } from 'zod'
import { isJsonObject, numberText, plainNumber } from '../exact-json.ts'
import { field, notNull, pythonType, type Refusals, refuse } from '../rest-framework/field.ts'
import { readText } from '../rest-framework/scalar.ts'

/** Text by a pattern. The patterns are linear: those of productmd, which PDC uses, take exponential time. */
function patternText(max: number, pattern: RegExp, message: string): z.ZodType<string, string> {
  return field({ schema: { type: 'string', minLength: 1, maxLength: max, pattern: pattern.source } }, value => {
    const result = readText(value, max, false)
    return typeof result !== 'string' || pattern.test(result) ? result : refuse('pattern', message)
  })
}

export const shortPattern = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/
export const versionPattern = /^(?:[^0-9].*|[0-9]+(?:\.[0-9]+)*)$/

/** `fedora`, `rhel-server`: letter first, groups of letters and digits joined by single dashes. */
export const shortName = () => patternText(200, shortPattern, 'Only accept lowercase letters, numbers or -')
/** `7.0.2`, or any text that does not start with a digit: `Rawhide`. */
export const version = () => patternText(200, versionPattern, 'Only accept comma separated numbers or any text')

const wrongDate = refuse('date', 'Date has wrong format. Use one of these formats instead: YYYY[-MM[-DD]].')

/** A calendar day, `YYYY-MM-DD`; one digit for month and day is enough. */
export const day = (): z.ZodType<string, string> =>
  field({ schema: { type: 'string', format: 'date' } }, value => {
    if (value === null) return notNull
    return (typeof value === 'string' && calendarDay(value.trim())) || wrongDate
  })

/** The day in its full form, or undefined if the calendar has none like it. */
export function calendarDay(text: string): string | undefined {
  const [, year, month, date] = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text) ?? []
  return year && month && date ? validDay(year, month, date) : undefined
}

/** A day in the forms that filters of PDC take, too: `MM/DD/YYYY` and `MM/DD/YY` (69 to 99 are of the last century). */
export function filterDay(text: string): string | undefined {
  const trimmed = text.trim()
  const [, month, date, year] = /^(\d{1,2})\/(\d{1,2})\/(\d{4}|\d{2})$/.exec(trimmed) ?? []
  if (!year || !month || !date) return calendarDay(trimmed)
  const century = year.length === 4 ? '' : Number(year) < 69 ? '20' : '19'
  return validDay(century + year, month, date)
}

function validDay(year: string, month: string, date: string): string | undefined {
  const text = `${year}-${month.padStart(2, '0')}-${date.padStart(2, '0')}`
  const time = Date.parse(`${text}T00:00:00Z`)
  return year !== '0000' && !Number.isNaN(time) && new Date(time).toISOString().startsWith(text) ? text : undefined
}

/** The key of another object, not trimmed; an empty one counts as null. Whether there is such an object is checked later. */
export const reference = (): z.ZodType<string, string> =>
  field({ schema: { type: 'string' } }, value => readKey(value) ?? notNull)

export const nullableReference = (): z.ZodType<string | null, string | null> =>
  field({ schema: { type: ['string', 'null'] } }, readKey)

function readKey(value: unknown): string | null | Refusals {
  if (value === null || value === '') return null
  if (typeof value === 'string') return value
  const number = numberText(value)
  if (number !== undefined) return number
  return typeof value === 'boolean' ? (value ? 'True' : 'False') : refuse('invalid_value', 'Invalid value.')
}

/** Keys of other objects. */
export const references = (): z.ZodType<string[], string[]> =>
  field({ schema: { type: 'array', items: { type: 'string' } }, list: true }, value => {
    if (value === null) return notNull
    if (!Array.isArray(value)) {
      const type = typeof value === 'string' ? 'unicode' : pythonType(value)
      return refuse('not_a_list', `Expected a list of items but got type "${type}".`)
    }
    const keys = value.map(readKey)
    return keys.every(key => typeof key === 'string') ? [...new Set(keys)] : refuse('invalid_value', 'Invalid value.')
  })

const trueWords = new Set<unknown>([true, 1, '1', 't', 'T', 'true', 'True', 'TRUE'])
const falseWords = new Set<unknown>([false, 0, '0', 'f', 'F', 'false', 'False', 'FALSE'])

export const flag = (): z.ZodType<boolean, boolean> =>
  field({ schema: { type: 'boolean' } }, value => {
    if (value === null) return notNull
    const word = plainNumber(value) ?? value
    if (trueWords.has(word)) return true
    if (falseWords.has(word)) return false
    const shown = typeof value === 'string' ? value : JSON.stringify(value)
    return refuse('not_a_boolean', `"${shown}" is not a valid boolean.`)
  })

/** Text of any length, also an empty one. */
export const longText = (): z.ZodType<string, string> =>
  field({ schema: { type: 'string' }, blank: true }, value => readText(value, Number.POSITIVE_INFINITY, true))

/** `{"product": "Fedora"}` or null: one text of another system, which is all that is known of it. */
export function mapping(name: string): z.ZodType<string | null, Record<string, string> | null> {
  const inner = { type: 'string', minLength: 1, maxLength: 200 }
  const schema = { type: ['object', 'null'], properties: { [name]: inner }, required: [name] }
  return field({ schema }, value => {
    if (value === null) return null
    if (!isJsonObject(value)) return refuse('not_an_object', 'Invalid input: must be a dict.')
    const unknown = Object.keys(value).filter(key => key !== name)
    if (unknown.length > 0) return refuse('unknown_fields', unknownFields(unknown))
    const given = value[name]
    const result = given === undefined ? refuse('required', 'This field is required.') : readText(given, 200, false)
    if (typeof result === 'string') return result
    return { refusals: result.refusals.map(refusal => ({ ...refusal, path: [name] })) }
  })
}

export function unknownFields(names: readonly string[]): string {
  return `Unknown fields: ${names.map(name => `"${name}"`).join(', ')}.`
}
