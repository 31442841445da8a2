import { createRequire } from 'node:module'
import { Ajv } from 'ajv'
import formats from 'ajv-formats'
import { describe, expect, it } from 'vitest'
import { asyncApiDocument } from './asyncapi.ts'
import { events, operations } from './catalogue.ts'
import { taskServiceProtocol } from './release-coordinator/task-service-protocol.ts'

const document = JSON.parse(
  JSON.stringify(asyncApiDocument({ version: '1.0.0', serverUrl: 'nats://bus.example:4222' })),
)

/** The JSON Schema that the makers of AsyncAPI publish. */
function asyncApiValidator() {
  const schema = createRequire(import.meta.url)('@asyncapi/specs/schemas/3.0.0-without-$id.json')
  const ajv = new Ajv({ strict: false, allErrors: false })
  formats.default(ajv)
  return ajv.compile(schema)
}

/** Every `$ref` in the document. */
function references(node: unknown): string[] {
  if (typeof node !== 'object' || node === null) return []
  return Object.entries(node).flatMap(([key, value]) => (key === '$ref' ? [String(value)] : references(value)))
}

function resolve(reference: string): unknown {
  return reference
    .slice(2)
    .split('/')
    .reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], document)
}

describe('asyncApiDocument', () => {
  it('is valid by the JSON Schema of AsyncAPI 3', () => {
    const validate = asyncApiValidator()
    expect(validate(document), JSON.stringify(validate.errors?.slice(0, 3))).toBe(true)
    expect(validate({ ...document, operations: { broken: { action: 'shout' } } })).toBe(false)
  })

  it('has no reference that leads nowhere', () => {
    const all = references(document)
    expect(all.length).toBeGreaterThan(operations.length * 4)
    for (const reference of new Set(all)) expect(resolve(reference), reference).toBeDefined()
  })

  it('describes every operation with its queue group and reply', () => {
    expect(Object.keys(document.operations)).toHaveLength(
      operations.length + events.length + taskServiceProtocol.length,
    )
    expect(document.operations['coordinator.release.create']).toMatchObject({
      action: 'receive',
      description: expect.stringContaining('forbidden, key_reused, invalid'),
      bindings: { nats: { queue: 'coordinator' } },
      reply: { channel: { $ref: '#/channels/coordinator.release.create.reply' } },
    })
    expect(document.channels['coordinator.release.create'].address).toBe('slipway.v1.coordinator.release.create')
    expect(document.components.messages['coordinator.release.create.answer'].payload).toEqual({
      $ref: '#/components/schemas/Release',
    })
  })

  it('asks for a command id where something is written, and only there', () => {
    const headersOf = (name: string) => Object.keys(document.components.messages[`${name}.request`].headers.properties)
    expect(headersOf('coordinator.release.create')).toContain('Slipway-Command')
    expect(headersOf('coordinator.release.get')).not.toContain('Slipway-Command')
  })

  it('describes whole events, with the type as a constant', () => {
    expect(document.channels['event.release.staged'].address).toBe('slipway.v1.event.release.staged.{id}')
    const { payload } = document.components.messages['event.release.staged']
    expect(payload.properties.type).toMatchObject({ const: 'slipway.v1.release.staged' })
    expect(payload.properties.data.properties.state.enum).toContain('staged')
  })

  it('uses no keyword that the JSON Schema dialect of AsyncAPI lacks', () => {
    expect(JSON.stringify(document)).not.toMatch(/"(?:\$defs|prefixItems|unevaluatedProperties|dependentRequired)":/)
  })

  it('names the server, or leaves its host open', () => {
    expect(document.servers.nats).toMatchObject({ host: 'bus.example:4222', protocol: 'nats' })
    expect(asyncApiDocument({ version: '1.0.0' }).servers.nats).toMatchObject({
      host: '{host}',
      variables: { host: { default: 'localhost:4222' } },
    })
  })

  it('says who must prove who they are', () => {
    expect(document.servers.nats.security).toEqual([{ $ref: '#/components/securitySchemes/user' }])
    const token = { $ref: '#/components/securitySchemes/identityToken' }
    expect(document.operations['coordinator.release.create'].security).toEqual([token])
    expect(document.operations['coordinator.release.get']).not.toHaveProperty('security')
  })

  it('describes how task services are called', () => {
    expect(document.channels['task-service.tasks'].address).toBe('{subject}.tasks')
    expect(document.operations['task-service.tasks'].action).toBe('send')
  })

  it('has an example of every message with a payload, and each is valid', () => {
    const ajv = new Ajv({ strict: false })
    formats.default(ajv, { mode: 'fast' })
    ajv.addFormat('int64', true)
    ajv.addSchema({ $id: 'document', components: document.components })
    const compiled = (payload: object) =>
      ajv.compile(JSON.parse(JSON.stringify(payload).replaceAll('"#/components/', '"document#/components/')))
    const wrong: string[] = []
    for (const [name, message] of Object.entries<Message>(document.components.messages)) {
      if (!message.payload) continue
      const validate = compiled(message.payload)
      if (!validate(message.examples?.[0]?.payload)) wrong.push(`${name}: ${ajv.errorsText(validate.errors)}`)
    }
    expect(wrong).toEqual([])
  })
})

type Message = { readonly payload?: object; readonly examples?: readonly { readonly payload: unknown }[] }
