import { describe, expect, it } from 'vitest'
import type { JsonSchema } from '../json-schema.ts'
import { compareContracts } from './compare-contracts.ts'
import { type ContractDocument, currentContracts, type OperationContract } from './contract-document.ts'
import { readReleased } from './released-file.ts'

const text = { type: 'string' }
const object = (properties: Record<string, JsonSchema>, ...required: string[]) => ({
  type: 'object',
  properties,
  required,
})

const rename: OperationContract = {
  effect: 'write',
  flow: 'unary',
  input: object({ id: text, name: text }, 'id'),
  output: { $ref: '#/$defs/Thing' },
}

const contracts: ContractDocument = {
  version: 'v1',
  operations: {
    'slipway.v1.catalog.thing.rename': rename,
    'slipway.v1.catalog.thing.list': { ...rename, effect: 'read' },
  },
  events: { 'slipway.v1.thing.renamed': object({ thing_id: text }, 'thing_id') },
  messages: { envelope: object({ id: text }, 'id'), identity: object({ login: text }, 'login'), error: object({}) },
  errors: { not_found: { status: 404, retryable: false } },
  $defs: { Thing: object({ id: text, state: { type: 'string', enum: ['new', 'old'] } }, 'id', 'state') },
}

/** The contracts with one operation changed. */
function withRename(change: Partial<OperationContract>): ContractDocument {
  return {
    ...contracts,
    operations: { ...contracts.operations, 'slipway.v1.catalog.thing.rename': { ...rename, ...change } },
  }
}

const incompatible = (current: ContractDocument) => compareContracts(contracts, current).incompatible

describe('compareContracts', () => {
  it('finds nothing in contracts that did not change', () => {
    expect(compareContracts(contracts, contracts)).toEqual({ incompatible: [], warnings: [], added: [] })
  })

  it('lets contracts grow, and tells by what', () => {
    const current = {
      ...contracts,
      operations: { ...contracts.operations, 'slipway.v1.catalog.thing.get': rename },
      events: { ...contracts.events, 'slipway.v1.thing.deleted': object({}) },
      errors: { ...contracts.errors, conflict: { status: 409, retryable: false } },
    }
    expect(compareContracts(contracts, current)).toEqual({
      incompatible: [],
      warnings: [],
      added: ['catalog.thing.get', 'thing.deleted'],
    })
  })

  it('names operation and field of an incompatible input', () => {
    expect(incompatible(withRename({ input: object({ id: text, name: text }, 'id', 'name') }))).toEqual([
      'catalog.thing.rename input name: is required now',
    ])
  })

  it('follows outputs into definitions, and warns of new values', () => {
    const Thing = object({ state: { type: 'string', enum: ['new', 'old', 'odd'] } }, 'state')
    const comparison = compareContracts(contracts, { ...contracts, $defs: { Thing } })
    expect(comparison.incompatible).toEqual([
      'catalog.thing.rename output id: is no longer sent',
      'catalog.thing.list output id: is no longer sent',
    ])
    expect(comparison.warnings).toEqual([
      'catalog.thing.rename output state: can now be "odd"',
      'catalog.thing.list output state: can now be "odd"',
    ])
  })

  it('keeps operations, their flow, and whether there is a body', () => {
    const { 'slipway.v1.catalog.thing.list': _list, ...rest } = contracts.operations
    expect(incompatible({ ...contracts, operations: rest })).toEqual(['catalog.thing.list: the operation is gone'])
    expect(incompatible(withRename({ flow: 'streamed-answer' }))).toEqual([
      'catalog.thing.rename: flow was unary, is streamed-answer',
    ])
    expect(incompatible(withRename({ output: null }))).toEqual([
      'catalog.thing.rename output: there was a body and is none',
    ])
    expect(compareContracts(withRename({ output: null }), contracts).incompatible).toEqual([
      'catalog.thing.rename output: there was no body and is one',
    ])
  })

  it('lets a write become a read, not a read a write', () => {
    expect(incompatible(withRename({ effect: 'read' }))).toEqual([])
    expect(compareContracts(withRename({ effect: 'read' }), contracts).incompatible).toEqual([
      'catalog.thing.rename: was a read, which callers may repeat, and writes now',
    ])
  })

  it('keeps events readable for subscribers of today and for events of yesterday', () => {
    expect(incompatible({ ...contracts, events: {} })).toEqual(['thing.renamed: the event is gone'])
    const events = (data: JsonSchema) => incompatible({ ...contracts, events: { 'slipway.v1.thing.renamed': data } })
    expect(events(object({ thing_id: text }))).toEqual(['thing.renamed data thing_id: can now be absent'])
    expect(events(object({ thing_id: text, by: text }, 'thing_id', 'by'))).toEqual([
      'thing.renamed data by: is required now, and events already sent can lack it: make it optional',
    ])
    expect(events(object({ thing_id: text, by: text }, 'thing_id'))).toEqual([])
  })

  it('keeps the messages of the bus readable both ways', () => {
    const identity = object({ login: text, realm: text }, 'login', 'realm')
    expect(incompatible({ ...contracts, messages: { ...contracts.messages, identity } })).toHaveLength(1)
    expect(incompatible({ ...contracts, messages: { ...contracts.messages, envelope: object({}) } })).toHaveLength(1)
  })

  it('keeps error codes and what they mean', () => {
    expect(incompatible({ ...contracts, errors: {} })).toEqual(['error not_found: the code is gone'])
    expect(incompatible({ ...contracts, errors: { not_found: { status: 410, retryable: false } } })).toEqual([
      'error not_found: status was 404, is 410',
    ])
  })

  it('says so when a schema cannot be compared, also where nothing changed', () => {
    const input = object({ id: { not: { type: 'null' } } })
    expect(compareContracts(withRename({ input }), withRename({ input })).incompatible).toEqual([
      'catalog.thing.rename input cannot be compared: .id has unknown keyword not',
    ])
  })
})

describe('the contracts of the platform', () => {
  it('are compatible with the released ones', async () => {
    const released = await readReleased()
    expect(released).toBeDefined()
    expect(compareContracts(released as ContractDocument, currentContracts()).incompatible).toEqual([])
  })

  it('are written the same way every time', () => {
    expect(JSON.stringify(currentContracts())).toBe(JSON.stringify(currentContracts()))
  })

  it('are checked in earnest: a field taken away is noticed', async () => {
    const current = currentContracts()
    const { kf_id: _gone, ...properties } = current.$defs.Release!.properties as Record<string, JsonSchema>
    const Release = { ...current.$defs.Release, properties }
    const { incompatible: lines } = compareContracts(current, { ...current, $defs: { ...current.$defs, Release } })
    expect(lines).toContain('coordinator.release.get output kf_id: is no longer sent')
    expect(lines).toContain('coordinator.release.list output results[].kf_id: is no longer sent')
  })
})
