import { Readable } from 'node:stream'
import type { Bus, CallOptions, Reply, StreamedReply } from '@slipway/bus'
import type { InputOf, Operation } from '@slipway/contracts'
import type { FastifyReply, FastifyRequest } from 'fastify'

const json = 'application/json'

/** Sends JSON as bytes: to a text the framework would add a charset, which clients of these APIs have never seen. */
export function sendJson(reply: FastifyReply, status: number, body: unknown): FastifyReply {
  return reply
    .code(status)
    .header('content-type', json)
    .send(Buffer.from(JSON.stringify(body)))
}

/**
 * Calls an operation and sends its answer: status, headers and bytes as they come, never parsed, and of a streamed answer
 * never more than is under way. A body is JSON unless the service says otherwise.
 */
export async function sendAnswerOf<Op extends Operation>(
  bus: Bus,
  operation: Op,
  input: InputOf<Op>,
  call: CallOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  if (operation.flow === 'streamed-answer') {
    return sendStream(await bus.openStream(operation, input, call), request, reply)
  }
  return sendReply(await bus.request(operation, input, call), reply)
}

/** Sends an answer that came as a whole. */
export function sendReply({ status, headers, body }: Reply, reply: FastifyReply): FastifyReply {
  reply.code(status)
  if (body.length > 0) reply.header('content-type', json)
  for (const name in headers) reply.header(name, headers[name])
  return reply.send(body.length > 0 ? Buffer.from(body.buffer, body.byteOffset, body.byteLength) : undefined)
}

/** Statuses whose answers have a body. */
const withBody = new Set([200, 201, 206])

/** Sends an answer as it comes, and none of its body where none is asked for. */
export function sendStream(answer: StreamedReply, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.code(answer.status).headers(answer.headers)
  const hasBody = withBody.has(answer.status)
  if (hasBody && !reply.hasHeader('content-type')) reply.header('content-type', json)
  if (hasBody && request.method !== 'HEAD') return reply.send(Readable.from(answer.body, { objectMode: false }))
  answer.cancel()
  return reply.send()
}
