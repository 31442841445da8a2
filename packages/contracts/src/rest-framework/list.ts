import type { z } from 'zod'
import { numberText } from '../exact-json.ts'
import { unfitText } from '../fit-values.ts'
import { field, mostRefusals, notNull, pythonType, type Refusal, refuse } from './field.ts'
import { readText } from './scalar.ts'

/** A list of texts; what is wrong with an item is reported under its index. */
export function textList({ max }: { readonly max: number }): z.ZodType<string[], string[]> {
  const schema = { type: 'array', items: { type: 'string', minLength: 1, maxLength: max } }
  return field({ schema, list: true }, value => {
    if (value === null) return notNull
    if (!Array.isArray(value)) return expectedList(value)
    const items: string[] = []
    const refusals: Refusal[] = []
    for (const [index, item] of value.entries()) {
      if (refusals.length >= mostRefusals) break
      const result = readText(item, max, false)
      if (typeof result === 'string') items.push(result)
      else refusals.push(...result.refusals.map(refusal => ({ ...refusal, path: [String(index)] })))
    }
    return refusals.length > 0 ? { refusals } : items
  })
}

export type KeyListRules = {
  /** Says what is wrong with an empty list. */
  readonly empty: string
  /** Reads the key out of one item, for instance out of a link. */
  readonly keyOf: (item: string) => string
}

/** A list of keys of other resources, duplicates merged. Whether they exist is for the owner of the data to say. */
export function keyList({ empty, keyOf }: KeyListRules): z.ZodType<string[], string[]> {
  const schema = { type: 'array', minItems: 1, items: { type: 'string' } }
  return field({ schema, list: true }, value => {
    if (value === null) return notNull
    if (!Array.isArray(value)) return expectedList(value)
    if (value.length === 0) return refuse('empty', empty)
    const keys = new Set<string>()
    for (const item of value) {
      const key = numberText(item) ?? item
      if (typeof key !== 'string') {
        return refuse('incorrect_type', `Incorrect type. Expected pk value, received ${pythonType(item)}.`)
      }
      const unfit = unfitText(key)
      if (unfit) return refuse(unfit.reason, unfit.message)
      keys.add(keyOf(key))
    }
    return [...keys]
  })
}

function expectedList(value: unknown) {
  return refuse('not_a_list', `Expected a list of items but got type "${pythonType(value)}".`)
}
