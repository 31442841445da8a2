import { header, responseHeaderPrefix } from './headers.ts'
import type { JsonSchema } from './json-schema.ts'
import type { Operation } from './operation.ts'
import { isForServices } from './read-audience.ts'

/** Headers of messages, described: they are text on the wire, whatever they mean. */
const identity = { type: 'string', description: 'Signed identity token of the caller; absent: anonymous' }
const service = { type: 'string', description: 'Identity token of the service that calls: nobody else is answered' }
const baseUrl = {
  type: 'string',
  description: 'Public base URL for links in the answer',
  examples: ['https://releases.example.org'],
}
const command = {
  type: 'string',
  description: 'Id of the write; the same id again is answered with the first answer and changes nothing',
}
const deadline = { type: 'string', pattern: '^\\d+$', description: 'Milliseconds the caller waits. Default 5000' }
const traceparent = { type: 'string', description: 'W3C Trace Context' }
const count = (description: string) => ({ type: 'string', pattern: '^\\d+$', description })

/** Headers of a call. */
export function requestHeaders({ audience, effect, flow }: Operation): JsonSchema {
  return {
    type: 'object',
    properties: {
      [header.identity]: identity,
      ...(audience && isForServices(audience) && { [header.service]: service }),
      [header.baseUrl]: baseUrl,
      ...(effect === 'write' && { [header.command]: command }),
      [header.deadline]: deadline,
      [header.traceparent]: traceparent,
      ...(flow === 'streamed-answer' && { [header.credit]: count('Chunks that may be sent before the next grant') }),
      ...(flow === 'streamed-request' && { [header.chunk]: { type: 'string', const: '0' } }),
    },
    ...(flow === 'streamed-answer' && { required: [header.credit] }),
    ...(flow === 'streamed-request' && { required: [header.chunk] }),
  }
}

/** Headers of a success; those of a streamed one are on its first message, the numbers on every one. */
export function answerHeaders({ flow }: Operation): JsonSchema {
  return {
    type: 'object',
    properties: {
      [header.status]: {
        type: 'string',
        pattern: '^2\\d\\d$|^304$',
        description: 'Default: 200 with a body, 204 without',
      },
      ...(flow === 'streamed-answer' && {
        [header.chunk]: count('Number of this chunk, from 1'),
        [header.end]: count('Last message: the number of chunks before it'),
      }),
    },
    patternProperties: {
      [`^${responseHeaderPrefix}`]: { type: 'string', description: 'HTTP response header, under this prefix' },
    },
  }
}

/** Headers of an error, as the NATS services protocol (ADR-32) has them. */
export const errorHeaders: JsonSchema = {
  type: 'object',
  properties: {
    [header.error]: { type: 'string', description: 'The message, on one line' },
    [header.errorCode]: { type: 'string', pattern: '^[45]\\d\\d$', description: 'HTTP status' },
  },
  required: [header.error, header.errorCode],
}

/** Headers of an event in the stream. */
export const eventHeaders: JsonSchema = {
  type: 'object',
  properties: {
    'Nats-Msg-Id': { type: 'string', description: 'Id of the event, by which the stream drops repetitions' },
  },
  required: ['Nats-Msg-Id'],
}
