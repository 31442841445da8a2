import type { FastifyReply } from 'fastify'

/** Sends JSON as bytes, without the charset that the framework would add to a text. */
export function sendJson(reply: FastifyReply, status: number, body: unknown): FastifyReply {
  return reply
    .code(status)
    .header('content-type', 'application/json')
    .send(Buffer.from(JSON.stringify(body)))
}
