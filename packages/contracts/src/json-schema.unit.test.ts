import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { events, operations } from './catalogue.ts'
import { eventDataSchema, eventSchema, inputSchema, jsonSchema, outputSchema } from './json-schema.ts'
import { serviceOperations } from './platform-operations.ts'
import { logEventOperations } from './release-coordinator/log-event.ts'
import { releaseEvents, releaseOperations } from './release-coordinator/release.ts'

const strict = () => formats.default(new Ajv2020({ strict: true, allowUnionTypes: true, validateFormats: true }))

describe('JSON Schemas of the contracts', () => {
  it('exist for every operation and event, and are valid JSON Schema 2020-12', () => {
    const ajv = strict()
    for (const operation of operations) {
      expect(() => ajv.compile(inputSchema(operation)), operation.subject).not.toThrow()
      const output = outputSchema(operation)
      if (output) expect(() => ajv.compile(output), operation.subject).not.toThrow()
    }
    for (const event of events) {
      expect(() => ajv.compile(eventDataSchema(event)), event.type).not.toThrow()
      expect(() => ajv.compile(eventSchema(event)), event.type).not.toThrow()
    }
  })

  it('say what a body takes, although it is read by transforms', () => {
    const body = { type: 'object', required: ['name', 'studies'] }
    expect(inputSchema(releaseOperations.create)).toEqual({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      properties: {
        body: {
          ...body,
          properties: {
            name: { type: 'string', minLength: 1, maxLength: 256 },
            description: { type: 'string', maxLength: 5000, default: '' },
            studies: { type: 'array', minItems: 1, items: { type: 'string' } },
            tags: { type: 'array', items: { type: 'string', minLength: 1, maxLength: 50 }, default: [] },
            author: { type: 'string', minLength: 1, maxLength: 100, default: 'admin' },
            is_major: { type: 'boolean', default: false },
          },
        },
      },
    })
  })

  it('require nothing of a partial body and promise no defaults for it', () => {
    const { properties } = inputSchema(logEventOperations.update) as { properties: Record<string, unknown> }
    expect(properties.body).toEqual({
      type: 'object',
      properties: {
        event_type: { type: 'string', enum: ['info', 'warning', 'error'] },
        message: { type: 'string', minLength: 1, maxLength: 1000 },
        release: { type: ['string', 'null'], description: 'URL or id of the related resource' },
        task_service: { type: ['string', 'null'], description: 'URL or id of the related resource' },
        task: { type: ['string', 'null'], description: 'URL or id of the related resource' },
      },
    })
  })

  it('show defaults of paging and leave it optional', () => {
    const schema = inputSchema(releaseOperations.list)
    expect(schema).not.toHaveProperty('required')
    expect(schema).toHaveProperty('properties.limit', { type: 'integer', minimum: 1, default: 10 })
    expect(schema).toHaveProperty('properties.offset', { type: 'integer', minimum: 0, default: 0 })
  })

  it('leave objects of answers and events open, because they may get more fields', () => {
    expect(JSON.stringify(operations.map(outputSchema))).not.toContain('"additionalProperties":false')
    expect(JSON.stringify(events.map(eventDataSchema))).not.toContain('"additionalProperties":false')
    expect(jsonSchema(z.strictObject({ a: z.string() }), 'output')).toHaveProperty('additionalProperties', false)
  })

  it('name what is declared with an id', () => {
    const schema = outputSchema(releaseOperations.get) as { $ref: string; $defs: Record<string, unknown> }
    expect(schema.$ref).toBe('#/$defs/Release')
    expect(Object.keys(schema.$defs).sort()).toEqual(['Release', 'ReleaseNote', 'Task'])
    expect(schema.$defs.Task).toMatchObject({
      properties: {
        progress: { type: 'integer', minimum: 0, maximum: 100 },
        service_name: { type: ['string', 'null'] },
      },
    })
  })

  it('do not depend on how the library spells a format or bounds an integer', () => {
    const { republish, deadLetters } = serviceOperations('registry')
    expect(inputSchema(republish)).toHaveProperty('properties.since', {
      type: 'string',
      format: 'date-time',
      description: 'Only events recorded at this time or later',
    })
    expect(inputSchema(deadLetters)).toHaveProperty('properties.before', {
      type: 'integer',
      exclusiveMinimum: 0,
      description: 'Only letters with a smaller id',
    })
    // A pattern of our own beside the format stays.
    expect(JSON.stringify(jsonSchema(z.iso.date().regex(/^20/), 'input'))).toContain('"^20"')
  })

  it('do not exist for an answer without a body', () => {
    expect(outputSchema(logEventOperations.delete)).toBeUndefined()
  })

  it('describe whole events', () => {
    const validate = strict().compile(eventSchema(releaseEvents.staged))
    const event = {
      specversion: '1.0',
      id: '0199f7c5-0000-7000-8000-000000000000',
      source: '/slipway/coordinator',
      type: 'slipway.v1.release.staged',
      subject: 'RE_00000000',
      time: '2026-11-21T02:33:00.000001Z',
      datacontenttype: 'application/json',
      sequence: 4,
      actor: 'system',
      data: {
        release_id: 'RE_00000000',
        name: 'R',
        state: 'staged',
        previous_state: 'running',
        version: '0.0.1',
        studies: [],
      },
    }
    expect(validate(event)).toBe(true)
    expect(validate({ ...event, type: 'slipway.v1.release.running' })).toBe(false)
    expect(validate({ ...event, data: { ...event.data, state: 'done' } })).toBe(false)
  })
})
