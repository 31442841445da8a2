/**
 * JSON whose numbers stay as they were written. JavaScript has doubles only: it would read the identifier
 * 12345678901234567890 as 12345678901234567000, and write 1.0 as 1. Where people keep data of their own, that is loss.
 */

declare global {
  interface JSON {
    /** A value that `stringify` writes as this text, which is JSON of a scalar. */
    rawJSON(text: string): ExactNumber
    isRawJSON(value: unknown): value is ExactNumber
  }
}

/** A number that JavaScript would have written in another way. `JSON.stringify` writes it as it was. */
export type ExactNumber = { readonly rawJSON: string }

/**
 * Where a number may stand that is written in another way than JavaScript would, or has more digits than it keeps. Texts
 * that end like a number may look like it, too; they are read alike, only several times slower. Instants do not.
 */
const unusual = /(?<![\w.])(?:\d[\d.]{15,}|\d+\.\d*0|0\.000000\d*|\d+(?:\.\d+)?[eE][-+]?\d+|(?<=-)0)(?=\s*(?:[,\]}]|$))/

const codeOf = (character: string) => character.charCodeAt(0)
const [zero, nine, minus] = [codeOf('0'), codeOf('9'), codeOf('-')]
const [point, smallE, largeE] = [codeOf('.'), codeOf('e'), codeOf('E')]
const isDigit = (code: number) => code >= zero && code <= nine

/**
 * False for texts without any number that `unusual` could find: lists of whole numbers are looked through several times
 * faster than by the pattern.
 */
function mayHaveUnusual(text: string): boolean {
  let digits = 0
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (isDigit(code)) {
      digits += 1
      if (digits === 16) return true
      continue
    }
    if (digits > 0 && (code === point || code === smallE || code === largeE)) return true
    digits = 0
    // A zero alone; behind the minus of a date stand more digits.
    if (code === minus && text.charCodeAt(at + 1) === zero && !isDigit(text.charCodeAt(at + 2))) return true
  }
  return false
}

/** `JSON.parse`, but for numbers that would not be written again as they are: those are `ExactNumber`s. @throws `SyntaxError` */
export function parseExact(text: string): unknown {
  return mayHaveUnusual(text) && unusual.test(text) ? JSON.parse(text, exactly) : JSON.parse(text)
}

function exactly(_name: string, value: unknown, { source }: { readonly source?: string } = {}): unknown {
  if (typeof value !== 'number' || source === undefined || String(value) === source) return value
  return JSON.rawJSON(source)
}

export const isExactNumber = (value: unknown): value is ExactNumber => JSON.isRawJSON(value)

/** The digits of a number as they were written; undefined for other values, and for what became infinite. */
export function numberText(value: unknown): string | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : undefined
  return isExactNumber(value) ? value.rawJSON : undefined
}

/** The value of a number, however it was written; undefined for other values. */
export function plainNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  return isExactNumber(value) ? Number(value.rawJSON) : undefined
}

/** Whether a JSON value has members: not null, no list, and no number that stands as it was written. */
export function isJsonObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isExactNumber(value)
}
