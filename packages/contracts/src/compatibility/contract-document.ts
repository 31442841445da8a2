import { events, operations } from '../catalogue.ts'
import { errorBodySchema, errorCatalogue } from '../error.ts'
import { eventEnvelopeSchema } from '../event.ts'
import { identitySchema } from '../identity.ts'
import { eventDataSchema, inputSchema, type JsonSchema, jsonSchema, outputSchema } from '../json-schema.ts'
import { schemaComponents } from '../schema-components.ts'

export type OperationContract = {
  readonly effect: string
  readonly flow: string
  readonly input: JsonSchema
  /** `null`: no body. */
  readonly output: JsonSchema | null
}

/** All contracts as plain JSON: what the committed file of released contracts holds. */
export type ContractDocument = {
  readonly version: 'v1'
  /** By subject. */
  readonly operations: Readonly<Record<string, OperationContract>>
  /** Schema of the data, by type. */
  readonly events: Readonly<Record<string, JsonSchema>>
  /** Messages of the bus itself. */
  readonly messages: Readonly<Record<'envelope' | 'identity' | 'error', JsonSchema>>
  readonly errors: Readonly<Record<string, { readonly status: number; readonly retryable: boolean }>>
  readonly $defs: Readonly<Record<string, JsonSchema>>
}

/** The contracts as declared in this version of the code. */
export function currentContracts(): ContractDocument {
  const components = schemaComponents('#/$defs/')
  const contracts: ContractDocument = {
    version: 'v1',
    operations: Object.fromEntries(
      operations.map(operation => {
        const output = outputSchema(operation)
        const { effect, flow } = operation
        const input = components.take(inputSchema(operation))
        return [operation.subject, { effect, flow, input, output: output ? components.take(output) : null }]
      }),
    ),
    events: Object.fromEntries(events.map(event => [event.type, components.take(eventDataSchema(event))])),
    messages: {
      envelope: components.take(jsonSchema(eventEnvelopeSchema, 'output')),
      identity: components.take(jsonSchema(identitySchema, 'output')),
      error: components.take(jsonSchema(errorBodySchema, 'output')),
    },
    errors: Object.fromEntries(
      Object.entries(errorCatalogue).map(([code, { status, retryable }]) => [code, { status, retryable }]),
    ),
    $defs: components.schemas,
  }
  // As it reads from a file: what JSON does not know (absent values, prototypes) must not count as a difference.
  return JSON.parse(JSON.stringify(contracts)) as ContractDocument
}
