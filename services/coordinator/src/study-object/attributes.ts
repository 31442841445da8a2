import {
  accessionKey,
  type ErrorDetail,
  type ExactNumber,
  failure,
  isJsonObject,
  plainNumber,
} from '@slipway/contracts'

export type Scalar = string | number | boolean | ExactNumber
export type AttributeValue = Scalar | readonly Scalar[]

/** What a change of metadata sets and what it removes. */
export type AttributeChange = {
  readonly set: Readonly<Record<string, AttributeValue>>
  readonly remove: readonly string[]
}

const longestName = 512

/**
 * Reads the flat map of an edit. Texts that are numbers or truth values become these, as in ODM, where nothing is lost
 * by it: `007` and `1.50` stay what they are.
 * @throws `invalid` for what is no flat map, and for another accession
 */
export function readAttributes(body: unknown, accession: string): AttributeChange {
  if (body === undefined) return { set: {}, remove: [] }
  if (!isJsonObject(body)) {
    throw failure('invalid', 'The body must be a JSON object of attributes.')
  }
  const set: [string, AttributeValue][] = []
  const remove: string[] = []
  for (const [name, value] of Object.entries(body)) {
    if (name === accessionKey) {
      if (value !== accession) throw failure('invalid', `${accessionKey} cannot be changed.`)
      continue
    }
    requireText(name, `The name of an attribute`)
    if (name === '' || name.length > longestName) {
      throw failure('invalid', `The name of an attribute must have 1 to ${longestName} characters.`)
    }
    if (value === null) remove.push(name)
    else set.push([name, readValue(name, value)])
  }
  return { set: Object.fromEntries(set), remove }
}

function readValue(name: string, value: unknown): AttributeValue {
  if (Array.isArray(value)) return value.map(item => readScalar(name, item))
  return readScalar(name, value)
}

function readScalar(name: string, value: unknown): Scalar {
  if (typeof value === 'string') return parseText(requireText(value, `The value of ${name}`))
  if (typeof value === 'boolean' || isNumber(value)) return value
  const message = 'Must be a text, a number, true or false, a list of these, or null.'
  const details: ErrorDetail[] = [{ path: [name], reason: 'type', message }]
  throw failure('invalid', `${name}: ${message}`, { details })
}

/** However it was written: of attributes, all digits are kept. */
function isNumber(value: unknown): value is number | ExactNumber {
  return Number.isFinite(plainNumber(value))
}

/** PostgreSQL can keep neither NUL nor half a character. */
function requireText(text: string, what: string): string {
  if (text.includes('\0') || !text.isWellFormed()) {
    throw failure('invalid', `${what} has characters that cannot be kept.`)
  }
  return text
}

/** A text as what it says, if writing that out gives the same text again. */
export function parseText(text: string): Scalar {
  if (text === 'true' || text === 'false') return text === 'true'
  if (!/^-?\d+(?:\.\d+)?$/.test(text)) return text
  const number = Number(text)
  return Number.isFinite(number) && String(number) === text ? number : text
}
