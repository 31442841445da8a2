import { describe, expect, it } from 'vitest'
import { unknownParts } from './keywords.ts'

describe('unknownParts', () => {
  it.each([
    [{ type: 'object', patternProperties: {} }, 'the schema has unknown keyword patternProperties'],
    [{ properties: { a: { not: {} } } }, '.a has unknown keyword not'],
    [{ items: { anyOf: [{ if: {} }] } }, '[] has unknown keyword if'],
    [{ prefixItems: [{ contains: {} }] }, 'the schema has unknown keyword contains'],
    [{ additionalProperties: { minContains: 1 } }, '.* has unknown keyword minContains'],
    [{ propertyNames: { allOf: [] } }, '.* has unknown keyword allOf'],
    [{ $defs: { A: { dependentRequired: {} } } }, '#A has unknown keyword dependentRequired'],
    [{ anyOf: [{ type: 'string' }], maxLength: 3 }, 'the schema has other rules beside anyOf'],
    [{ $ref: '#/$defs/A', minLength: 3, $defs: { A: {} } }, 'the schema has other rules beside $ref'],
    [{ oneOf: [{ type: 'string' }, { maxLength: 3 }] }, 'the schema has oneOf without a discriminator'],
    [{ properties: { a: 'string' } }, '.a is no schema'],
  ])('reports what it does not understand: %j', (schema, line) => {
    expect(unknownParts(schema)).toEqual([line])
  })

  it('takes a union that a constant tells apart', () => {
    const member = (kind: string) => ({ type: 'object', properties: { kind: { const: kind } }, required: ['kind'] })
    expect(unknownParts({ oneOf: [member('a'), { $ref: '#/$defs/B' }], $defs: { B: member('b') } })).toEqual([])
    expect(unknownParts({ oneOf: [member('a'), member('a')] })).toEqual([
      'the schema has oneOf without a discriminator',
    ])
    const optional = { type: 'object', properties: { kind: { const: 'b' } } }
    expect(unknownParts({ oneOf: [member('a'), optional] })).toEqual(['the schema has oneOf without a discriminator'])
  })

  it('lets descriptions pass, whatever they hold', () => {
    expect(unknownParts({ type: 'string', examples: [{ not: 1 }], default: { if: 1 }, description: 'x' })).toEqual([])
  })
})
