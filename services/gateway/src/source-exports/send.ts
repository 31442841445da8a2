import { Readable } from 'node:stream'
import { zipEntry } from '@slipway/blobs'
import type { Bus, CallOptions } from '@slipway/bus'
import type { InputOf, Operation } from '@slipway/contracts'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** True where the client wants the answer as an archive. */
const wantsArchive = ({ method, headers }: FastifyRequest): boolean =>
  (method === 'GET' || method === 'HEAD') && /^(?:true|1)$/i.test(String(headers.compress ?? ''))

/** Sends JSON, or the archive of it that the request asks for. */
export function sendJson(request: FastifyRequest, reply: FastifyReply, status: number, body: unknown): FastifyReply {
  const bytes = Buffer.from(JSON.stringify(body))
  if (wantsArchive(request)) return sendStream(request, reply.code(status), once(bytes))
  return reply.code(status).header('content-type', 'application/json').send(bytes)
}

/** Sends the answer of an operation as it comes, without holding more of it than is under way. `success`: what 200 is told as. */
export async function sendAnswer<Op extends Operation>(
  bus: Bus,
  operation: Op,
  input: InputOf<Op>,
  call: CallOptions,
  request: FastifyRequest,
  reply: FastifyReply,
  success = 200,
): Promise<FastifyReply> {
  if (operation.flow !== 'streamed-answer') {
    const { status, headers, body } = await bus.request(operation, input, call)
    reply.code(status).headers(headers)
    if (body.length === 0) return reply.send()
    return sendStream(request, reply, once(body), body.length)
  }
  const answer = await bus.openStream(operation, input, call)
  reply.code(answer.status === 200 ? success : answer.status).headers(answer.headers)
  if (answer.status !== 200 && answer.status !== 206) {
    answer.cancel()
    return reply.send()
  }
  if (reply.getHeader('content-type') === 'application/zip') {
    if (request.method !== 'HEAD') return reply.send(Readable.from(answer.body, { objectMode: false }))
    answer.cancel()
    return reply.send()
  }
  if (request.method === 'HEAD') answer.cancel()
  return sendStream(request, reply, answer.body)
}

function sendStream(request: FastifyRequest, reply: FastifyReply, body: AsyncIterable<Uint8Array>, length?: number) {
  const archive = wantsArchive(request)
  reply.header('content-type', archive ? 'application/zip' : 'application/json')
  if (!archive && length !== undefined) reply.header('content-length', String(length))
  if (request.method === 'HEAD') return reply.send()
  return reply.send(Readable.from(archive ? zipEntry('export.json', body) : body, { objectMode: false }))
}

async function* once(bytes: Uint8Array) {
  yield bytes
}
