import type { FastifyReply } from 'fastify'

/** Sends bytes, because the framework adds a charset to texts, which clients of this API have never seen. */
export function sendJson(reply: FastifyReply, status: number, body: unknown): FastifyReply {
  return reply
    .code(status)
    .header('content-type', 'application/json')
    .send(Buffer.from(JSON.stringify(body)))
}
