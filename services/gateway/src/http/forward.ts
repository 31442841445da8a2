import type { Bus, CallOptions } from '@slipway/bus'
import type { InputOf, Operation } from '@slipway/contracts'
import type { FastifyReply } from 'fastify'

/** Sends the answer of an operation as the answer to a request; throws what the operation threw. */
export type Forward = <Op extends Operation>(
  operation: Op,
  input: InputOf<Op>,
  options: CallOptions,
  reply: FastifyReply,
) => Promise<FastifyReply>

/**
 * The way of nearly every request: status, headers and bytes of the answer are handed through as they came, never
 * parsed. The services promise that a body is JSON unless they say otherwise.
 */
export function forwardOver(bus: Bus): Forward {
  return async (operation, input, options, reply) => {
    const { status, headers, body } = await bus.request(operation, input, options)
    reply.code(status)
    if (body.length > 0) reply.header('content-type', 'application/json')
    for (const name in headers) reply.header(name, headers[name])
    return reply.send(body.length > 0 ? Buffer.from(body.buffer, body.byteOffset, body.byteLength) : undefined)
  }
}
