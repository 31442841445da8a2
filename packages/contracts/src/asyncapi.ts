import { events, operations } from './catalogue.ts'
import { errorBodySchema } from './error.ts'
import type { EventType } from './event.ts'
import { answerHeaders, errorHeaders, eventHeaders, requestHeaders } from './header-schemas.ts'
import { eventSchema, inputSchema, type JsonSchema, jsonSchema, outputSchema } from './json-schema.ts'
import { commonErrors, type Operation } from './operation.ts'
import { type SchemaComponents, schemaComponents } from './schema-components.ts'

export type AsyncApiOptions = {
  /** Version of the platform. */
  readonly version: string
  /** URL of the broker, e.g. `nats://nats.example.org:4222`. Absent: the document names none. */
  readonly serverUrl?: string
}

type Entries = Record<string, unknown>

/** AsyncAPI 3.0 description of the bus: every operation as request and reply, every kind of event. */
export function asyncApiDocument({ version, serverUrl }: AsyncApiOptions) {
  const components = schemaComponents()
  const messages: Entries = {
    error: {
      title: 'Error',
      summary: 'What any operation may answer instead of a success',
      headers: errorHeaders,
      payload: components.take(jsonSchema(errorBodySchema, 'output')),
    },
  }
  const channels: Entries = {}
  const described: Entries = {}
  for (const operation of operations) describeOperation(operation, { channels, described, messages, components })
  for (const event of events) describeEvent(event, { channels, described, messages, components })
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Slipway bus',
      version,
      description:
        'Operations (request and reply) and events of the platform on NATS. Within v1 messages only grow: readers ignore fields they do not know.',
      license: { name: 'Apache-2.0' },
    },
    ...(serverUrl !== undefined && { servers: { nats: serverOf(serverUrl) } }),
    defaultContentType: 'application/json',
    channels,
    operations: described,
    components: { messages, schemas: components.schemas },
  }
}

type Document = {
  readonly channels: Entries
  readonly described: Entries
  readonly messages: Entries
  readonly components: SchemaComponents
}

/** The platform is the one that receives: a caller sends to the channel and reads the reply. */
function describeOperation(operation: Operation, { channels, described, messages, components }: Document) {
  const name = `${operation.service}.${operation.noun}.${operation.verb}`
  const [request, answer] = [`${name}.request`, `${name}.answer`]
  const output = outputSchema(operation)
  messages[request] = {
    summary: operation.summary,
    headers: requestHeaders(operation),
    payload: components.take(inputSchema(operation)),
  }
  messages[answer] = { headers: answerHeaders(operation), ...payloadOf(operation, output, components) }
  channels[name] = {
    address: operation.subject,
    ...(operation.flow !== 'unary' && { description: flowText[operation.flow] }),
    messages: { request: reference('components/messages', request) },
  }
  channels[`${name}.reply`] = {
    address: null,
    description: 'The reply subject of the call',
    messages: { answer: reference('components/messages', answer), error: reference('components/messages', 'error') },
  }
  described[name] = {
    action: 'receive',
    summary: operation.summary,
    description: `Errors: ${[...new Set([...operation.errors, ...commonErrors])].join(', ')}.`,
    channel: reference('channels', name),
    messages: [reference(`channels/${name}/messages`, 'request')],
    bindings: { nats: { queue: operation.service } },
    reply: {
      channel: reference('channels', `${name}.reply`),
      messages: [
        reference(`channels/${name}.reply/messages`, 'answer'),
        reference(`channels/${name}.reply/messages`, 'error'),
      ],
    },
  }
}

const flowText = {
  'streamed-answer': 'The answer is a stream of chunks with credits from the caller',
  'streamed-request': 'The call is followed by a stream of chunks with credits from the service',
}

function payloadOf({ flow }: Operation, output: JsonSchema | undefined, components: SchemaComponents) {
  // The chunks of a stream are pieces of the body, not JSON each.
  if (flow === 'streamed-answer') return { contentType: 'application/octet-stream' }
  return output && { payload: components.take(output) }
}

function describeEvent(event: EventType, { channels, described, messages, components }: Document) {
  const name = `event.${event.noun}.${event.verb}`
  messages[name] = {
    title: event.type,
    summary: event.summary,
    contentType: 'application/cloudevents+json',
    headers: eventHeaders,
    payload: components.take(eventSchema(event)),
  }
  channels[name] = {
    address: `slipway.v1.event.${event.noun}.${event.verb}.{id}`,
    parameters: { id: { description: 'Id of the aggregate; characters that a subject cannot hold are replaced by _' } },
    messages: { event: reference('components/messages', name) },
  }
  described[name] = {
    action: 'send',
    summary: event.summary,
    channel: reference('channels', name),
    messages: [reference(`channels/${name}/messages`, 'event')],
  }
}

function reference(place: string, name: string) {
  return { $ref: `#/${place}/${name}` }
}

function serverOf(url: string) {
  const { host, protocol } = new URL(url)
  return { host, protocol: protocol.replace(':', '') }
}
