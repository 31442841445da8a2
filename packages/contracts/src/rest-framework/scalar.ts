import type { z } from 'zod'
import { numberText, plainNumber } from '../exact-json.ts'
import { unfitText } from '../fit-values.ts'
import { field, notNull, refuse } from './field.ts'

export type TextRules = {
  /** Longest text in characters (code points). */
  readonly max: number
  /** Accept an empty text. Default false. */
  readonly blank?: boolean
}

/** Text: trimmed, then checked. Numbers are taken as text, with the digits that they were written with; booleans, lists and objects are not. */
export function text({ max, blank = false }: TextRules): z.ZodType<string, string> {
  const facts = { schema: { type: 'string', maxLength: max, ...(!blank && { minLength: 1 }) }, blank }
  return field(facts, value => readText(value, max, blank))
}

/** The rules of `text` for one value. */
export function readText(value: unknown, max: number, blank: boolean) {
  const read = readUntrimmed(value, max, blank)
  return typeof read === 'string' ? read.trim() : read
}

/** The same, with the blanks around the text kept; they do not count for its length. */
export function readUntrimmed(value: unknown, max: number, blank: boolean) {
  if (value === null) return notNull
  const text = typeof value === 'string' ? value : numberText(value)
  if (text === undefined) return refuse('not_a_string', 'Not a valid string.')
  const trimmed = text.trim()
  if (trimmed === '' && !blank) return refuse('blank', 'This field may not be blank.')
  const unfit = unfitText(trimmed)
  if (unfit) return refuse(unfit.reason, unfit.message)
  if (trimmed.length > max && [...trimmed].length > max) {
    return refuse('too_long', `Ensure this field has no more than ${max} characters.`)
  }
  return text
}

const trueWords = new Set(['1', 't', 'T', 'y', 'Y', 'yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'])
const falseWords = new Set(['0', 'f', 'F', 'n', 'N', 'no', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'])

/** A boolean, or one of the words and numbers that stand for one. */
export function flag(): z.ZodType<boolean, boolean> {
  return field({ schema: { type: 'boolean' } }, value => {
    if (value === null) return notNull
    const number = plainNumber(value)
    if (value === true || number === 1 || (typeof value === 'string' && trueWords.has(value))) return true
    if (value === false || number === 0 || (typeof value === 'string' && falseWords.has(value))) return false
    return refuse('not_a_boolean', 'Must be a valid boolean.')
  })
}

/** An integer, or text of one (`"77"`, `"50.0"`). */
export function integer({ min, max }: { readonly min: number; readonly max: number }): z.ZodType<number, number> {
  return field({ schema: { type: 'integer', minimum: min, maximum: max } }, value => {
    if (value === null) return notNull
    const number = readInteger(value)
    if (number === undefined) return refuse('not_an_integer', 'A valid integer is required.')
    if (number > max) return refuse('too_large', `Ensure this value is less than or equal to ${max}.`)
    if (number < min) return refuse('too_small', `Ensure this value is greater than or equal to ${min}.`)
    return number
  })
}

function readInteger(value: unknown): number | undefined {
  const number = plainNumber(value)
  if (number !== undefined) return Number.isInteger(number) ? number : undefined
  if (typeof value !== 'string' || value.length > 1000) return undefined
  return /^\s*[+-]?\d+(?:\.0*)?\s*$/.test(value) ? Number(value) : undefined
}

/** One of a closed set of words. */
export function choice<const Words extends readonly string[]>(words: Words): z.ZodType<Words[number], Words[number]> {
  return field({ schema: { type: 'string', enum: [...words] } }, value => {
    if (value === null) return notNull
    const word = numberText(value) ?? value
    if (typeof word === 'string' && words.includes(word)) return word as Words[number]
    return refuse('not_a_choice', `"${quoted(word)}" is not a valid choice.`)
  })
}

/** The value as Python would print it, for the values that clients do send by mistake. */
function quoted(value: unknown): string {
  if (typeof value === 'string') return value
  return typeof value === 'boolean' ? (value ? 'True' : 'False') : JSON.stringify(value)
}
