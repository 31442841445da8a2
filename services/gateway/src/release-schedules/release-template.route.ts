import { failure, releaseTemplateOperations } from '@slipway/contracts'
import type { FastifyInstance } from 'fastify'
import { commandIdOf } from '../http/command-id.ts'
import { rawBodyOf } from '../http/raw-body.ts'
import { traceparentOf } from '../http/trace.ts'
import { authenticate } from './authentication.ts'
import { readBody } from './body.ts'
import type { HandlerOptions } from './handler.ts'
import { route } from './route.ts'

const timeoutMs = 15_000
const noLists = { body: {} } as Parameters<typeof readBody>[1]

/** `/rest_api/v1/release-schedules/{id}/release-template/`: what a schedule starts on its day. An addition of this platform. */
export function releaseTemplateRoute(app: FastifyInstance, options: HandlerOptions): void {
  const { get, put, delete: remove } = releaseTemplateOperations
  const allow = 'GET, PUT, DELETE, HEAD, OPTIONS'
  route(app, '/v1/release-schedules/:key/release-template', allow, async (request, reply) => {
    const caller = await authenticate(request, options.authenticator, options.store)
    const { method } = request
    const schedule = (request.params as { key: string }).key
    const call = {
      identity: await caller?.identityToken(),
      baseUrl: options.baseUrlOf(request),
      traceparent: traceparentOf(request),
      timeoutMs,
    }
    if (method === 'OPTIONS') return reply.code(200).send()
    if (method === 'GET' || method === 'HEAD') return options.forward(get, { schedule }, call, reply)
    const write = { ...call, commandId: commandIdOf(request, caller?.identity ?? null) }
    if (method === 'DELETE') return options.forward(remove, { schedule }, write, reply)
    if (method !== 'PUT') throw failure('method_not_allowed', `Method "${method}" not allowed.`)
    const body = (await readBody(rawBodyOf(request), noLists)) ?? {}
    return options.forward(put, { schedule, body: body as never }, write, reply)
  })
}
