import { expect, test } from 'vitest'
import { type Client, statusAndBody } from './http-client.ts'

/** A value that a field refuses, and what is said of it. */
export type Fault = readonly [value: unknown, said: unknown]

export type FaultTable = Readonly<Record<string, readonly Fault[]>>

const short = (value: unknown): string => {
  const text = value === undefined ? 'nothing' : JSON.stringify(value)
  return text.length > 40 ? `${text.slice(0, 30)}… (${text.length})` : text
}

/**
 * One test for each row: the field alone is wrong, in a new record and, if it was given at all, in a change, and it alone
 * is told. `good` is a body without faults.
 */
export function refusesFields(
  client: Client,
  table: FaultTable,
  { list, item, good }: { readonly list: string; readonly item: () => string; readonly good: () => object },
): void {
  for (const [field, faults] of Object.entries(table)) {
    test.each(faults.map(([value, said]) => [short(value), value, said] as const))(
      `${field}: %s is refused`,
      async (_title, value, said) => {
        const expected = [400, { [field]: said }]
        expect(statusAndBody(await client.post(list, { ...good(), [field]: value }))).toEqual(expected)
        expect(statusAndBody(await client.put(item(), { ...good(), [field]: value }))).toEqual(expected)
        if (value === undefined) return
        expect(statusAndBody(await client.patch(item(), { [field]: value }))).toEqual(expected)
      },
    )
  }
}

const required: Fault = [undefined, ['This field is required.']]
const nothing: Fault = [null, ['This field may not be null.']]
const blanks: readonly Fault[] = [
  ['', ['This field may not be blank.']],
  [' \n ', ['This field may not be blank.']],
]

/** What every text refuses. */
export function textFaults(max: number, { isRequired = false, blank = false } = {}): readonly Fault[] {
  return [
    ...(isRequired ? [required] : []),
    nothing,
    ...(blank ? [] : blanks),
    ['x'.repeat(max + 1), [`Ensure this field has no more than ${max} characters.`]],
    [true, ['Not a valid string.']],
    [['x'], ['Not a valid string.']],
    [{ x: 1 }, ['Not a valid string.']],
    ['nul \u0000', ['Null characters are not allowed.']],
  ]
}

export const booleanFaults: readonly Fault[] = [
  nothing,
  ['maybe', ['Must be a valid boolean.']],
  [2, ['Must be a valid boolean.']],
]

export const listFaults: readonly Fault[] = [
  nothing,
  ['x', ['Expected a list of items but got type "str".']],
  [5, ['Expected a list of items but got type "int".']],
  [{ 0: 'x' }, ['Expected a list of items but got type "dict".']],
  [true, ['Expected a list of items but got type "bool".']],
]
