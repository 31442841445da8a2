import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import type { JsonSchema } from '../json-schema.ts'
import { compareSchemas } from './compare-schemas.ts'
import { unknownParts } from './keywords.ts'
import { type Direction, levelOf } from './verdict.ts'

/**
 * The comparison says of two schemas that whatever the sender sends is read. Here an independent validator is asked,
 * for hundreds of pairs of schemas that differ a little, and for values made from the sender's schema.
 */
const pairs = 500
const valuesPerPair = 12

/** mulberry32: the same numbers in every run, so that a failure can be looked at. */
function random(seed: number) {
  let state = seed
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
  const int = (most: number) => Math.floor(next() * (most + 1))
  return {
    int,
    chance: (probability: number) => next() < probability,
    pick: <Item>(items: readonly Item[]) => items[int(items.length - 1)] as Item,
  }
}

type Random = ReturnType<typeof random>
type Mutable = Record<string, unknown>

const words = ['a', 'bb', 'ccc', 'dddd']
const names = ['p', 'q', 'r']

function schemaOf(rnd: Random, depth: number): Mutable {
  const leaf = rnd.int(7)
  if (depth > 0 && rnd.chance(0.5)) {
    const inner = () => schemaOf(rnd, depth - 1)
    switch (rnd.int(3)) {
      case 0:
        return { type: 'array', items: inner(), ...(rnd.chance(0.4) && { maxItems: rnd.int(3) }) }
      case 1:
        return { anyOf: [inner(), inner()] }
      case 2:
        return {
          type: 'object',
          additionalProperties: inner(),
          ...(rnd.chance(0.3) && { propertyNames: wordsOf(rnd) }),
        }
      default: {
        const properties = Object.fromEntries(names.filter(() => rnd.chance(0.7)).map(name => [name, inner()]))
        const required = Object.keys(properties).filter(() => rnd.chance(0.5))
        const rest = rnd.chance(0.2) ? { additionalProperties: rnd.chance(0.5) ? false : inner() } : {}
        return { type: 'object', properties, required, ...rest }
      }
    }
  }
  const bounds = {
    ...(rnd.chance(0.4) && { [rnd.pick(['minimum', 'exclusiveMinimum'])]: rnd.int(3) }),
    ...(rnd.chance(0.4) && { [rnd.pick(['maximum', 'exclusiveMaximum'])]: 3 + rnd.int(3) }),
  }
  if (leaf === 0) return { type: 'number', ...bounds }
  if (leaf === 1) return { type: 'integer', ...bounds }
  if (leaf === 2) return wordsOf(rnd)
  if (leaf === 3) return { type: rnd.pick([['string', 'null'], ['integer', 'null'], 'null', 'boolean']) }
  if (leaf === 4) return { const: rnd.pick([...words, 1, null, true]) }
  if (leaf === 5 && rnd.chance(0.3)) return {}
  return {
    type: 'string',
    ...(rnd.chance(0.4) && { minLength: rnd.int(2) }),
    ...(rnd.chance(0.4) && { maxLength: 2 + rnd.int(2) }),
    ...(rnd.chance(0.2) && { pattern: rnd.pick(['^[abc]*$', 'b']) }),
  }
}

function wordsOf(rnd: Random): Mutable {
  return { type: 'string', enum: words.filter((_, index) => index === 0 || rnd.chance(0.5)) }
}

/** A copy with one part made anew: mostly close enough for the two to be compatible in one direction. */
function mutated(rnd: Random, schema: Mutable, depth: number): Mutable {
  const copy = structuredClone(schema)
  const parts = ['items', 'additionalProperties'].filter(keyword => typeof copy[keyword] === 'object')
  const properties = copy.properties as Mutable | undefined
  if (depth > 0 && properties && Object.keys(properties).length > 0 && rnd.chance(0.7)) {
    const name = rnd.pick(Object.keys(properties))
    const change = rnd.int(4)
    if (change === 0) copy.required = (copy.required as string[]).filter(other => other !== name)
    else if (change === 1) delete properties[name]
    else if (change === 2) copy.required = [...new Set([...(copy.required as string[]), name])]
    else properties[name] = mutated(rnd, properties[name] as Mutable, depth - 1)
    copy.required = (copy.required as string[]).filter(other => other in properties)
    return copy
  }
  if (Array.isArray(copy.anyOf) && rnd.chance(0.6)) {
    const members = copy.anyOf as Mutable[]
    if (rnd.chance(0.5)) return { anyOf: [...members, schemaOf(rnd, 0)] }
    return members[0] as Mutable
  }
  if (depth > 0 && parts.length > 0 && rnd.chance(0.7)) {
    const part = rnd.pick(parts)
    copy[part] = mutated(rnd, copy[part] as Mutable, depth - 1)
    return copy
  }
  const limits = Object.keys(copy).filter(keyword => typeof copy[keyword] === 'number')
  if (limits.length > 0 && rnd.chance(0.7)) {
    const limit = rnd.pick(limits)
    if (rnd.chance(0.4)) delete copy[limit]
    else copy[limit] = Math.max(0, (copy[limit] as number) + rnd.pick([-1, 1]))
    return copy
  }
  return schemaOf(rnd, depth)
}

/** A value that probably fits; the caller asks the validator. */
function sampleOf(rnd: Random, schema: Mutable): unknown {
  if ('const' in schema) return schema.const
  if (Array.isArray(schema.enum)) return rnd.pick(schema.enum)
  if (Array.isArray(schema.anyOf)) return sampleOf(rnd, rnd.pick(schema.anyOf))
  const type = Array.isArray(schema.type) ? rnd.pick(schema.type) : schema.type
  switch (type ?? rnd.pick(['null', 'boolean', 'number', 'string', 'array'])) {
    case 'null':
      return null
    case 'boolean':
      return rnd.chance(0.5)
    case 'integer':
      return rnd.int(7)
    case 'number':
      return rnd.int(14) / 2
    case 'string':
      return Array.from({ length: rnd.int(5) }, () => rnd.pick(['a', 'b', 'x'])).join('')
    case 'array':
      return Array.from({ length: rnd.int(3) }, () => sampleOf(rnd, (schema.items ?? {}) as Mutable))
    default: {
      const entries = Object.entries((schema.properties ?? {}) as Record<string, Mutable>)
        .filter(([name]) => (schema.required as string[]).includes(name) || rnd.chance(0.5))
        .map(([name, field]) => [name, sampleOf(rnd, field)])
      const rest = schema.additionalProperties
      const more = typeof rest === 'object' ? [[rnd.pick(words), sampleOf(rnd, rest as Mutable)]] : []
      return Object.fromEntries([...more, ...entries])
    }
  }
}

describe.each<Direction>(['input', 'output', 'kept'])('the comparison (%s)', direction => {
  it('calls nothing compatible that a receiver would refuse', () => {
    const ajv = new Ajv2020({ strict: false })
    const accepts = (schema: JsonSchema, value: unknown) => ajv.validate(schema, value)
    let [compatible, values] = [0, 0]
    for (let seed = 1; seed <= pairs; seed++) {
      const rnd = random(seed)
      const sent = schemaOf(rnd, 3)
      const read = mutated(rnd, sent, 3)
      expect([...unknownParts(sent), ...unknownParts(read)]).toEqual([])
      const findings = compareSchemas(sent, read, finding => levelOf(finding, direction))
      // A warning (a new value of a closed set) is not for old readers to read.
      const said = findings.filter(
        finding => finding.kind === 'value' || levelOf(finding, direction) === 'incompatible',
      )
      if (said.length > 0) continue
      compatible++
      for (let count = 0; count < valuesPerPair; count++) {
        const value = sampleOf(rnd, sent)
        if (!accepts(sent, value)) continue
        values++
        if (!accepts(read, value)) expect.fail(JSON.stringify({ seed, sent, read, value }))
      }
      ajv.removeSchema()
    }
    expect(compatible).toBeGreaterThan(pairs / 10)
    expect(values).toBeGreaterThan(pairs / 2)
    expect(compatible).toBeLessThan(pairs)
  })
})
