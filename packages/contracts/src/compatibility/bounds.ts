import type { Alternative, JsonType } from './alternatives.ts'
import type { BrokenRule } from './finding.ts'

type Side = 'lower' | 'upper'
type Bound = { readonly keyword: string; readonly value: number; readonly exclusive: boolean }

const keywords: Readonly<Partial<Record<JsonType, Readonly<Record<Side, readonly string[]>>>>> = {
  number: { lower: ['minimum', 'exclusiveMinimum'], upper: ['maximum', 'exclusiveMaximum'] },
  string: { lower: ['minLength'], upper: ['maxLength'] },
  array: { lower: ['minItems'], upper: ['maxItems'] },
  object: { lower: ['minProperties'], upper: ['maxProperties'] },
}

/** Ranges and lengths of the receiver that the sender may leave. */
export function boundsBroken(sent: Alternative, read: Alternative): BrokenRule[] {
  const fraction = sent.values ? sent.values.some(value => !Number.isInteger(value)) : !sent.integer
  const broken: BrokenRule[] = read.integer && fraction ? [['type', 'number', 'integer']] : []
  for (const side of ['lower', 'upper'] as const) {
    const taken = boundOf(read, side)
    // Nothing is shorter than empty.
    if (!taken || (side === 'lower' && taken.value === 0 && read.type !== 'number')) continue
    const given = sent.values ? outermost(sent.values, side) : boundOf(sent, side)
    if (given && !beyond(given, taken, side)) continue
    broken.push([taken.keyword, given?.value, taken.value])
  }
  return broken
}

/** The tighter of an inclusive and an exclusive bound; for integers always inclusive, so that `> 0` equals `>= 1`. */
function boundOf({ type, schema, integer }: Alternative, side: Side): Bound | undefined {
  let tightest: Bound | undefined
  for (const keyword of keywords[type]?.[side] ?? []) {
    const limit = schema[keyword]
    if (typeof limit !== 'number') continue
    const exclusive = keyword.startsWith('exclusive')
    const next = side === 'lower' ? Math.floor(limit) + 1 : Math.ceil(limit) - 1
    const bound =
      exclusive && integer ? { keyword, value: next, exclusive: false } : { keyword, value: limit, exclusive }
    if (!tightest || beyond(tightest, bound, side)) tightest = bound
  }
  return tightest
}

/** The least or greatest of some values, as a bound. */
function outermost(values: readonly unknown[], side: Side): Bound {
  const sizes = values.map(sizeOf)
  return { keyword: 'enum', value: side === 'lower' ? Math.min(...sizes) : Math.max(...sizes), exclusive: false }
}

function sizeOf(value: unknown): number {
  if (typeof value === 'number') return value
  if (typeof value === 'string') return [...value].length
  return Object.keys(value as object).length
}

/** True when `one` lets values through that `other` does not. */
function beyond(one: Bound, other: Bound, side: Side): boolean {
  if (one.value === other.value) return other.exclusive && !one.exclusive
  return side === 'lower' ? one.value < other.value : one.value > other.value
}
