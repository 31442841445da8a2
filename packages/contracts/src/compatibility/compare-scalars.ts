import { isDeepStrictEqual } from 'node:util'
import type { Alternative, JsonType } from './alternatives.ts'
import { boundsBroken } from './bounds.ts'
import type { BrokenRule, Finding } from './finding.ts'

/** Compares closed sets of values, ranges, lengths and formats of two alternatives of one type. */
export function compareScalars(sent: Alternative, read: Alternative, path: string): Finding[] {
  if (read.values) return compareValues(sent, read.values, path)
  const broken = [...boundsBroken(sent, read), ...formsBroken(sent, read)]
  return broken.map(([keyword, before, after]) => ({ kind: 'rule', keyword, sent: before, read: after, path }))
}

const finite: Readonly<Partial<Record<JsonType, readonly unknown[]>>> = { null: [null], boolean: [false, true] }

function compareValues(sent: Alternative, known: readonly unknown[], path: string): Finding[] {
  const values = sent.values ?? finite[sent.type]
  if (!values) return [{ kind: 'rule', keyword: 'enum', sent: undefined, read: known, path }]
  const unknown = values.filter(value => !known.some(other => isDeepStrictEqual(value, other)))
  // A constant is no set that may grow.
  if (known.length === 1 && unknown.length > 0) {
    return [{ kind: 'rule', keyword: 'const', sent: values.length === 1 ? values[0] : values, read: known[0], path }]
  }
  return unknown.map(value => ({ kind: 'value', value, path }))
}

/** Whether one of these rules is wider than another cannot be told: the sender's must be the receiver's. */
const forms: Readonly<Partial<Record<JsonType, readonly string[]>>> = {
  string: ['pattern', 'format', 'contentEncoding', 'contentMediaType'],
  number: ['multipleOf'],
  array: ['uniqueItems'],
}

function formsBroken(sent: Alternative, read: Alternative): BrokenRule[] {
  return (forms[read.type] ?? []).flatMap((keyword): BrokenRule[] => {
    const [given, taken] = [sent.schema[keyword], read.schema[keyword]]
    if (taken === undefined || taken === false || isDeepStrictEqual(given, taken)) return []
    return keyword === 'pattern' && matches(sent.values, String(taken)) ? [] : [[keyword, given, taken]]
  })
}

function matches(values: readonly unknown[] | undefined, pattern: string): boolean {
  return values?.every(value => new RegExp(pattern, 'u').test(String(value))) ?? false
}
