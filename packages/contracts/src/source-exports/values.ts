import type { z } from 'zod'
import { isJsonObject, numberText, parseExact } from '../exact-json.ts'
import { unfitValues } from '../fit-values.ts'
import { isTooDeep } from '../json-depth.ts'
import { hasTooManyValues } from '../json-values.ts'
import { field, notNull, refuse } from '../rest-framework/field.ts'
import { readText, readUntrimmed } from '../rest-framework/scalar.ts'

/** Fields as the Open Concept Lab reads them, beyond those of the common framework. */

const idPattern = /^[a-zA-Z0-9._-]{1,255}$/
/** Codes of real terminologies have slashes, signs and blanks: `HEM/BC`, `application/ld+json`, `100%`. */
const codePattern = /^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]{1,255}$/u

/** Id of an org, a source or a version: part of its URL, upper and lower case apart. */
export const oclId = () => idOf(idPattern, { type: 'string', pattern: idPattern.source })

/**
 * Id of a concept or a mapping: any text without control characters. In its URL it is percent-encoded. Blanks around it are
 * dropped.
 */
export const oclCode = () =>
  idOf(codePattern, { type: 'string', description: '1 to 255 characters, no control characters' })

function idOf(pattern: RegExp, schema: Readonly<Record<string, unknown>>): z.ZodType<string, string> {
  return field({ schema }, value => {
    if (value === null) return notNull
    const given = numberText(value) ?? value
    if (typeof given !== 'string') return refuse('not_a_string', 'Not a valid string.')
    const text = pattern === codePattern ? given.trim() : given
    if (text.trim() === '') return refuse('blank', 'This field may not be blank.')
    // Clients take dots for steps within a path.
    if (text === '.' || text === '..') return refuse('invalid', 'Enter a valid value.')
    return pattern.test(text) ? text : refuse('invalid', 'Enter a valid value.')
  })
}

/** Text or null; an empty text stays what it is, and so do blanks around it. */
export function nullableText(): z.ZodType<string | null, string | null> {
  return field({ schema: { type: ['string', 'null'] }, blank: true }, value =>
    value === null ? null : readUntrimmed(value, 1_000_000, true),
  )
}

/** The same for what something is looked up by: an id, a code, a URL. Blanks around it are dropped. */
export function nullableKey(): z.ZodType<string | null, string | null> {
  return field({ schema: { type: ['string', 'null'] }, blank: true }, value =>
    value === null ? null : readText(value, 1_000_000, true),
  )
}

/** An object; null counts as an empty one, because clients break on null here. */
export function extrasObject(): z.ZodType<Record<string, unknown>, Record<string, unknown> | null> {
  return field({ schema: { type: ['object', 'null'] } }, value => {
    const read = typeof value === 'string' ? parsedOrSame(value) : value
    if (read === null) return {}
    return isJsonObject(read) ? read : refuse('invalid', 'Value must be a JSON object.')
  })
}

/** Any JSON, with its numbers as they were written. A form sends it as text. */
export function anyJson(): z.ZodType<unknown, unknown> {
  return field({ schema: {} }, value => {
    const refusals = unfitValues(value)
    return refusals.length > 0 ? { refusals } : { json: value }
  }) as z.ZodType<{ json: unknown }, unknown>
}

/** Languages, as a list or as text with commas. */
export function localeList(): z.ZodType<string[], string[] | string | null> {
  const schema = { type: ['array', 'string', 'null'], items: { type: 'string' } }
  return field({ schema, list: true }, value => {
    const given = value === null ? [] : typeof value === 'string' ? [value] : value
    if (!Array.isArray(given) || given.some(item => typeof item !== 'string')) {
      return refuse('invalid', 'Expected a list of locales.')
    }
    return (given as string[]).flatMap(item => item.split(',').map(locale => locale.trim())).filter(Boolean)
  })
}

function parsedOrSame(text: string): unknown {
  try {
    return isTooDeep(text) || hasTooManyValues(Buffer.from(text)) ? text : parseExact(text)
  } catch {
    return text
  }
}
