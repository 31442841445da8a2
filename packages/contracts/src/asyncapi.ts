import { events, operations } from './catalogue.ts'
import { errorBodySchema } from './error.ts'
import type { EventType } from './event.ts'
import { answerHeaders, errorHeaders, eventHeaders, requestHeaders } from './header-schemas.ts'
import { header } from './headers.ts'
import { eventSchema, inputSchema, type JsonSchema, jsonSchema, outputSchema } from './json-schema.ts'
import { commonErrors, type Operation, serviceNames } from './operation.ts'
import { taskServiceProtocol } from './release-coordinator/task-service-protocol.ts'
import { sample } from './sample.ts'
import { type SchemaComponents, schemaComponents } from './schema-components.ts'

export type AsyncApiOptions = {
  /** Version of the platform. */
  readonly version: string
  /** URL of the broker, e.g. `nats://nats.example.org:4222`. Absent: the host is left open, as a variable. */
  readonly serverUrl?: string | undefined
}

type Entries = Record<string, unknown>

/** AsyncAPI 3.0 description of the bus: every operation as request and reply, every kind of event. */
export function asyncApiDocument({ version, serverUrl }: AsyncApiOptions) {
  const components = schemaComponents()
  const error = components.take(jsonSchema(errorBodySchema, 'output'))
  const messages: Entries = {
    error: {
      title: 'Error',
      summary: 'What any operation may answer instead of a success',
      headers: errorHeaders,
      payload: error,
      examples: [errorExample],
    },
  }
  const channels: Entries = {}
  const described: Entries = {}
  const document = { channels, described, messages, components }
  for (const operation of operations) describeOperation(operation, document)
  for (const event of events) describeEvent(event, document)
  for (const call of taskServiceProtocol) describeTaskServiceCall(call, document)
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Slipway bus',
      version,
      description: [
        'Operations (request and reply), events, and the protocol of task services on NATS.',
        'Within v1 messages only grow: readers ignore fields they do not know.',
        'Events are kept in the JetStream stream SLIPWAY, where programs follow them with durable consumers.',
      ].join(' '),
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
      tags: [...serviceNames, 'events', 'task services'].map(name => ({ name })),
    },
    servers: { nats: { ...serverOf(serverUrl), security: [reference('components/securitySchemes', 'user')] } },
    defaultContentType: 'application/json',
    channels,
    operations: described,
    components: { messages, schemas: components.schemas, securitySchemes },
  }
}

const securitySchemes = {
  user: { type: 'userPassword', description: 'A user of the broker: which subjects it may use is said there' },
  identityToken: {
    type: 'httpApiKey',
    in: 'header',
    name: header.identity,
    description:
      'On whose behalf a call is made: a signed token in a header of the message. The operation gateway.identity.exchange gives one for an API token.',
  },
}

const errorExample = {
  name: 'invalid',
  headers: { [header.error]: 'name: This field is required.', [header.errorCode]: '400' },
  payload: {
    code: 'invalid',
    message: 'name: This field is required.',
    details: [{ path: ['name'], reason: 'required', message: 'This field is required.' }],
  },
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
  const input = components.take(inputSchema(operation))
  messages[request] = {
    name: request,
    summary: operation.summary,
    headers: requestHeaders(operation),
    payload: input,
    examples: [exampleOf(input, components)],
  }
  messages[answer] = {
    name: answer,
    headers: answerHeaders(operation),
    ...payloadOf(operation, output, components),
  }
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
    tags: [{ name: operation.service }],
    // The others answer anonymous callers, too.
    ...(operation.errors.includes('unauthenticated') && {
      security: [reference('components/securitySchemes', 'identityToken')],
    }),
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
  if (!output) return {}
  const payload = components.take(output)
  return { payload, examples: [exampleOf(payload, components)] }
}

function exampleOf(payload: JsonSchema, { schemas }: SchemaComponents) {
  return { payload: sample(payload, schemas) }
}

function describeEvent(event: EventType, { channels, described, messages, components }: Document) {
  const name = `event.${event.noun}.${event.verb}`
  const payload = components.take(eventSchema(event))
  messages[name] = {
    name,
    title: event.type,
    summary: event.summary,
    contentType: 'application/cloudevents+json',
    headers: eventHeaders,
    payload,
    examples: [eventExample(event, payload, components)],
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
    tags: [{ name: 'events' }],
  }
}

/** Ids and names in it fit each other. */
function eventExample({ noun }: EventType, payload: JsonSchema, { schemas }: SchemaComponents) {
  const shown = sample(payload, schemas) as { readonly data?: Readonly<Record<string, unknown>> }
  const service = operations.find(operation => operation.noun === noun)?.service ?? 'gateway'
  const id = '01993f6e-5a0c-7f3a-9a55-6f1f0e1f2a3b'
  return {
    headers: { 'Nats-Msg-Id': id },
    payload: {
      ...shown,
      id,
      source: `/slipway/${service}`,
      subject: String(shown.data?.[`${noun.replaceAll('-', '_')}_id`] ?? '1'),
      time: '2026-11-21T02:33:00.123456Z',
      actor: 'ada',
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    },
  }
}

/** Here the platform is the one that calls, and the other side answers. */
function describeTaskServiceCall(call: (typeof taskServiceProtocol)[number], document: Document) {
  const { channels, described, messages, components } = document
  const name = `task-service.${call.verb}`
  const [request, answer] = [`${name}.request`, `${name}.answer`]
  const answered = components.take(jsonSchema(call.answer, 'output'))
  const asked = call.request && components.take(jsonSchema(call.request, 'input'))
  messages[request] = {
    name: request,
    summary: call.summary,
    ...(asked && { payload: asked, examples: [exampleOf(asked, components)] }),
  }
  messages[answer] = { name: answer, payload: answered, examples: [exampleOf(answered, components)] }
  channels[name] = {
    address: `{subject}.${call.verb}`,
    description: 'A task service that is registered as nats://<subject>',
    parameters: { subject: { description: 'What the task service was registered with, e.g. task-service.checksums' } },
    messages: { request: reference('components/messages', request) },
  }
  channels[`${name}.reply`] = {
    address: null,
    description: 'The reply subject of the call',
    messages: { answer: reference('components/messages', answer), error: reference('components/messages', 'error') },
  }
  described[name] = {
    action: 'send',
    summary: call.summary,
    channel: reference('channels', name),
    messages: [reference(`channels/${name}/messages`, 'request')],
    tags: [{ name: 'task services' }],
    reply: {
      channel: reference('channels', `${name}.reply`),
      messages: [
        reference(`channels/${name}.reply/messages`, 'answer'),
        reference(`channels/${name}.reply/messages`, 'error'),
      ],
    },
  }
}

function reference(place: string, name: string) {
  return { $ref: `#/${place}/${name}` }
}

function serverOf(url: string | undefined) {
  if (url === undefined) {
    const description = 'Where the broker listens; ask whoever runs the platform'
    return { host: '{host}', protocol: 'nats', variables: { host: { default: 'localhost:4222', description } } }
  }
  const { host, protocol } = new URL(url)
  return { host, protocol: protocol.replace(':', '') }
}
