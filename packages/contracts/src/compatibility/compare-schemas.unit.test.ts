import { describe, expect, it } from 'vitest'
import type { JsonSchema } from '../json-schema.ts'
import { compareSchemas } from './compare-schemas.ts'
import { type Direction, describeFinding, levelOf } from './verdict.ts'

/** What the change from `old` to `now` means, as `path: text`, warnings marked. */
function changes(direction: Direction, old: JsonSchema, now: JsonSchema): string[] {
  const [sent, read] = direction === 'output' ? [now, old] : [old, now]
  return compareSchemas(sent, read, finding => levelOf(finding, direction))
    .filter(finding => levelOf(finding, direction) !== 'ignored')
    .map(finding => {
      const mark = levelOf(finding, direction) === 'warning' ? 'warning ' : ''
      return `${mark}${finding.path}: ${describeFinding(finding, direction)}`
    })
}

const text = { type: 'string' }
const nullableText = { type: ['string', 'null'] }
const words = (...values: string[]) => ({ type: 'string', enum: values })
const object = (properties: Record<string, unknown>, ...required: string[]) => ({
  type: 'object',
  properties,
  ...(required.length > 0 && { required }),
})
const of = (field: JsonSchema) => object({ f: field }, 'f')

type Case = [name: string, old: JsonSchema, now: JsonSchema, ...lines: string[]]

function table(direction: Direction, cases: readonly Case[]) {
  for (const [name, old, now, ...lines] of cases) {
    it(name, () => {
      expect(changes(direction, old, now)).toEqual(lines)
      expect(changes(direction, old, old)).toEqual([])
      expect(changes(direction, now, now)).toEqual([])
    })
  }
}

describe('inputs: every old message is still accepted', () => {
  table('input', [
    ['a new optional field', object({ a: text }), object({ a: text, b: text })],
    ['a new required field', object({ a: text }), object({ a: text, b: text }, 'b'), 'b: is required now'],
    ['a field made required', object({ a: text }), object({ a: text }, 'a'), 'a: is required now'],
    ['a field made optional', object({ a: text }, 'a'), object({ a: text })],
    ['a field removed', object({ a: text, b: text }), object({ a: text }), 'b: is no longer read'],
    ['a type changed', of(text), of({ type: 'number' }), 'f: no longer takes string'],
    ['null refused', of(nullableText), of(text), 'f: no longer takes null'],
    ['null accepted', of(text), of(nullableText)],
    ['several types refused', of({}), of(text), 'f: no longer takes null or boolean or number or array or object'],
    ['any value accepted', of(text), of({})],
    ['fractions refused', of({ type: 'number' }), of({ type: 'integer' }), 'f: type was "number", is "integer"'],
    ['fractions accepted', of({ type: 'integer' }), of({ type: 'number' })],
    ['an enum value removed', of(words('a', 'b')), of(words('a', 'c')), 'f: no longer takes "b"'],
    ['an enum value added', of(words('a')), of(words('a', 'b'))],
    ['an enum made open', of(words('a')), of(text)],
    ['a text closed', of(text), of(words('a', 'b')), 'f: enum was not set, is ["a","b"]'],
    ['a constant changed', of({ const: 'a' }), of({ const: 'b' }), 'f: const was "a", is "b"'],
    ['a shorter text', of({ ...text, maxLength: 9 }), of({ ...text, maxLength: 8 }), 'f: maxLength was 9, is 8'],
    ['a longer text', of({ ...text, maxLength: 9 }), of({ ...text, maxLength: 10 })],
    ['blank refused', of(text), of({ ...text, minLength: 1 }), 'f: minLength was not set, is 1'],
    ['a limit without effect', of(text), of({ ...text, minLength: 0 })],
    ['a pattern added', of(text), of({ ...text, pattern: '^a' }), 'f: pattern was not set, is "^a"'],
    ['a pattern dropped', of({ ...text, pattern: '^a' }), of(text)],
    ['a format added', of(text), of({ ...text, format: 'uri' }), 'f: format was not set, is "uri"'],
    ['values that fit a new pattern', of(words('ab', 'ac')), of({ ...text, pattern: '^a', maxLength: 2 })],
    ['a value too long', of(words('a', 'abc')), of({ ...text, maxLength: 2 }), 'f: maxLength was 3, is 2'],
    [
      'a smaller range',
      of({ type: 'integer', minimum: 0, maximum: 9 }),
      of({ type: 'integer', minimum: 1, maximum: 8 }),
      'f: minimum was 0, is 1',
      'f: maximum was 9, is 8',
    ],
    ['the same range', of({ type: 'integer', minimum: 1 }), of({ type: 'integer', exclusiveMinimum: 0 })],
    [
      'an exclusive bound',
      of({ type: 'number', minimum: 0 }),
      of({ type: 'number', exclusiveMinimum: 0 }),
      'f: exclusiveMinimum was 0, is 0',
    ],
    ['a new bound', of({ type: 'number' }), of({ type: 'number', maximum: 3 }), 'f: maximum was not set, is 3'],
    ['multiples', of({ type: 'number' }), of({ type: 'number', multipleOf: 5 }), 'f: multipleOf was not set, is 5'],
    [
      'items narrowed',
      of({ type: 'array', items: text }),
      of({ type: 'array', items: { ...text, maxLength: 5 }, minItems: 1 }),
      'f: minItems was not set, is 1',
      'f[]: maxLength was not set, is 5',
    ],
    [
      'a tuple narrowed',
      of({ type: 'array', prefixItems: [text, {}], items: false }),
      of({ type: 'array', prefixItems: [text, { type: 'number' }], items: false }),
      'f[1]: no longer takes null or boolean or string or array or object',
    ],
    [
      'undeclared fields refused',
      of(object({ a: text })),
      of({ ...object({ a: text }), additionalProperties: false }),
      'f.*: is refused now',
    ],
    [
      'undeclared fields checked',
      object({}),
      { ...object({}), additionalProperties: text },
      '*: undeclared fields were ignored and are checked now',
    ],
    [
      'a map narrowed',
      of({ type: 'object', additionalProperties: text }),
      of({ type: 'object', additionalProperties: { type: 'number' } }),
      'f.*: no longer takes string',
    ],
    [
      'a map replaced by fields',
      of({ type: 'object', additionalProperties: text }),
      of(object({ a: text })),
      'f.*: is no longer read',
    ],
    [
      'keys of a map narrowed',
      { type: 'object', additionalProperties: text },
      { type: 'object', additionalProperties: text, propertyNames: words('a', 'b') },
      'name of *: enum was not set, is ["a","b"]',
    ],
    [
      'a default changed',
      object({ a: { ...text, default: 'x' } }),
      object({ a: { ...text, default: 'y' } }),
      'warning a: default was "x", is "y"',
    ],
    ['a description changed', of({ ...text, description: 'x' }), of({ ...text, description: 'y', examples: ['z'] })],
  ])
})

describe('outputs: every old field is still sent', () => {
  table('output', [
    ['a new field', object({ a: text }, 'a'), object({ a: text, b: text }, 'a', 'b')],
    ['a field removed', object({ a: text, b: text }, 'a', 'b'), object({ a: text }, 'a'), 'b: is no longer sent'],
    ['an optional field removed', object({ a: text, b: text }), object({ a: text }), 'b: is no longer sent'],
    ['a field made optional', of(text), object({ f: text }), 'f: can now be absent'],
    ['a field made required', object({ f: text }), of(text)],
    ['a field made nullable', of(text), of(nullableText), 'f: can now be null'],
    ['a field never null again', of(nullableText), of(text)],
    ['a nullable reference', of({ anyOf: [words('a'), { type: 'null' }] }), of(words('a'))],
    ['a type changed', of(text), of({ type: 'boolean' }), 'f: can now be boolean'],
    ['a fraction', of({ type: 'integer' }), of({ type: 'number' }), 'f: type was "integer", is "number"'],
    ['an enum value added', of(words('a', 'b')), of(words('a', 'b', 'c')), 'warning f: can now be "c"'],
    ['an enum value removed', of(words('a', 'b')), of(words('a'))],
    ['an enum opened', of(words('a', 'b')), of(text), 'f: enum was ["a","b"], is not set'],
    ['a constant changed', of({ const: 'a' }), of({ const: 'b' }), 'f: const was "a", is "b"'],
    ['a longer text', of({ ...text, maxLength: 9 }), of({ ...text, maxLength: 10 }), 'f: maxLength was 9, is 10'],
    ['a format dropped', of({ ...text, format: 'uri' }), of(text), 'f: format was "uri", is not set'],
    ['a format added', of(text), of({ ...text, format: 'uri' })],
    [
      'a map that is none any more',
      of({ type: 'object', additionalProperties: text }),
      of(object({})),
      'f.*: is no longer sent',
    ],
    [
      'a field where none are expected',
      { ...object({ a: text }), additionalProperties: false },
      { ...object({ a: text, b: text }), additionalProperties: false },
      'b: is new, where new fields are refused',
    ],
    [
      'fields in lists',
      of({ type: 'array', items: of(text) }),
      of({ type: 'array', items: of({}) }),
      'f[].f: can now be null or boolean or number or array or object',
    ],
  ])
})

describe('kept events: what was sent before is still read', () => {
  table('kept', [
    ['a new optional field', object({ a: text }, 'a'), object({ a: text, b: text }, 'a')],
    [
      'a new required field',
      object({ a: text }, 'a'),
      object({ a: text, b: text }, 'a', 'b'),
      'b: is required now, and events already sent can lack it: make it optional',
    ],
    ['an enum value removed', of(words('a', 'b')), of(words('a', 'c')), 'f: in events already sent can be "b"'],
    ['null forgotten', of(nullableText), of(text), 'f: in events already sent can be null'],
  ])
})

describe('unions and references', () => {
  const circle = object({ kind: { const: 'circle' }, radius: { type: 'number' } }, 'kind', 'radius')
  const square = object({ kind: { const: 'square' }, side: { type: 'number' } }, 'kind', 'side')
  const narrowSquare = object({ kind: { const: 'square' }, side: { type: 'integer' } }, 'kind', 'side')

  it('find for each alternative the one that reads it', () => {
    expect(changes('input', { oneOf: [circle, square] }, { oneOf: [square, circle] })).toEqual([])
    expect(changes('input', { oneOf: [circle, square] }, { oneOf: [narrowSquare, circle] })).toEqual([
      'side: type was "number", is "integer"',
    ])
    expect(changes('input', { oneOf: [circle, square] }, circle)).toEqual(
      expect.arrayContaining(['kind: const was "square", is "circle"']),
    )
  })

  it('read a closed set by several alternatives', () => {
    const either = { anyOf: [words('a'), { ...text, pattern: '^x' }] }
    expect(changes('input', words('a', 'xy'), either)).toEqual([])
    expect(changes('input', words('a', 'b'), either)).toHaveLength(1)
  })

  it('are followed into definitions', () => {
    const list = (item: JsonSchema) => ({ type: 'array', items: { $ref: '#/$defs/Item' }, $defs: { Item: item } })
    expect(changes('output', list(of(text)), list(of(text)))).toEqual([])
    expect(changes('output', list(of(text)), list(of(nullableText)))).toEqual(['[].f: can now be null'])
  })

  it('end although a schema contains itself', () => {
    const tree = (name: JsonSchema) => ({
      $ref: '#/$defs/Node',
      $defs: { Node: object({ name, children: { type: 'array', items: { $ref: '#/$defs/Node' } } }, 'name') },
    })
    expect(changes('input', tree(text), tree(text))).toEqual([])
    expect(changes('input', tree(text), tree({ ...text, maxLength: 3 }))).toEqual([
      'name: maxLength was not set, is 3',
      'children[].name: maxLength was not set, is 3',
    ])
    const self = { type: 'array', items: { $ref: '#' } }
    expect(changes('input', self, { ...self, maxItems: 1 })).toEqual([
      ': maxItems was not set, is 1',
      '[]: maxItems was not set, is 1',
    ])
  })

  it('name a definition that is missing', () => {
    expect(() => changes('input', { $ref: '#/$defs/Gone' }, text)).toThrow('#/$defs/Gone')
  })
})
