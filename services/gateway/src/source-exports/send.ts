import { Readable } from 'node:stream'
import { zipEntry } from '@slipway/blobs'
import type { Bus, CallOptions } from '@slipway/bus'
import type { InputOf, Operation } from '@slipway/contracts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { sendJson as sendPlainJson, sendStream } from '../api/answers.ts'
import { isRead } from '../api/serve-path.ts'

/** True where the client wants the answer as an archive. */
const wantsArchive = (request: FastifyRequest): boolean =>
  isRead(request) && /^(?:true|1)$/i.test(String(request.headers.compress ?? ''))

/** Sends JSON, or the archive of it that the request asks for. */
export function sendJson(request: FastifyRequest, reply: FastifyReply, status: number, body: unknown): FastifyReply {
  if (!wantsArchive(request)) return sendPlainJson(reply, status, body)
  return sendBody(request, reply.code(status), once(Buffer.from(JSON.stringify(body))))
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
    return sendBody(request, reply, once(body), body.length)
  }
  const answer = await bus.openStream(operation, input, call)
  const isJson = answer.status === 200 && answer.headers['content-type'] !== 'application/zip'
  if (!isJson) return sendStream(answer, request, reply)
  reply.code(success).headers(answer.headers)
  if (request.method === 'HEAD') answer.cancel()
  return sendBody(request, reply, answer.body)
}

function sendBody(request: FastifyRequest, reply: FastifyReply, body: AsyncIterable<Uint8Array>, length?: number) {
  const archive = wantsArchive(request)
  reply.header('content-type', archive ? 'application/zip' : 'application/json')
  if (!archive && length !== undefined) reply.header('content-length', String(length))
  if (request.method === 'HEAD') return reply.send()
  return reply.send(Readable.from(archive ? zipEntry('export.json', body) : body, { objectMode: false }))
}

async function* once(bytes: Uint8Array) {
  yield bytes
}
