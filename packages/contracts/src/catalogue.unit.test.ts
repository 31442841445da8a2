import { describe, expect, it } from 'vitest'
import { collect, events, operations } from './catalogue.ts'
import { errorCatalogue } from './error.ts'
import * as contracts from './mod.ts'
import { serviceNames } from './operation.ts'

/** Records that the package exports under names ending in `Operations` or `Events`. */
function exported(ending: 'Operations' | 'Events'): object[] {
  return Object.entries(contracts)
    .filter(([name, value]) => name.endsWith(ending) && typeof value === 'object')
    .flatMap(([, group]) => Object.values(group as Record<string, object>))
}

describe('the catalogue', () => {
  it('misses no operation that the package exports', () => {
    expect(exported('Operations').length).toBeGreaterThan(30)
    for (const operation of exported('Operations')) expect(operations).toContain(operation)
  })

  it('misses no event that the package exports', () => {
    expect(exported('Events').length).toBeGreaterThan(20)
    for (const event of exported('Events')) expect(events).toContain(event)
  })

  it('holds the operations that every service answers about itself', () => {
    const subjects = operations.map(operation => operation.subject)
    for (const service of serviceNames) expect(subjects).toContain(`slipway.v1.${service}.dead-letter.list`)
  })

  it('names operations and events as subjects of the bus', () => {
    for (const { subject } of operations) expect(subject).toMatch(/^slipway\.v1(\.[a-z][a-z-]*){3}$/)
    for (const { type } of events) expect(type).toMatch(/^slipway\.v1(\.[a-z][a-z-]*){2}$/)
  })

  it('lists errors of the error catalogue only, each once', () => {
    for (const { subject, errors } of operations) {
      expect(new Set(errors).size, subject).toBe(errors.length)
      for (const code of errors) expect(errorCatalogue, subject).toHaveProperty(code)
    }
  })

  it('refuses two declarations with one name', () => {
    const name = (text: string) => text
    expect(() => collect([{ a: 'x.y' }, { b: 'x.y' }], name)).toThrow('declared twice: x.y')
    expect(collect([{ a: 'x.z' }, { b: 'x.y' }], name)).toEqual(['x.y', 'x.z'])
  })
})
