import { Readable } from 'node:stream'
import { failure, readPdcQuery, scheduleOperations, scheduleResource } from '@slipway/contracts'
import type { FastifyInstance } from 'fastify'
import { queryParameters } from '../http/query.ts'
import { traceparentOf } from '../http/trace.ts'
import { authenticate } from './authentication.ts'
import type { HandlerOptions } from './handler.ts'
import { route } from './route.ts'

/**
 * `/rest_api/v1/release-schedules.ics`: the same schedules, by the same filters, as a calendar to subscribe to. An
 * addition of this platform.
 */
export function calendarRoute(app: FastifyInstance, options: HandlerOptions): void {
  route(app, '/v1/release-schedules.ics', 'GET, HEAD, OPTIONS', async (request, reply) => {
    const caller = await authenticate(request, options.authenticator, options.store)
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      throw failure('method_not_allowed', `Method "${request.method}" not allowed.`)
    }
    const query = queryParameters(request)
    readPdcQuery(scheduleResource, query)
    const ifNoneMatch = request.headers['if-none-match']
    const answer = await options.bus.openStream(
      scheduleOperations.calendar,
      { query, ifNoneMatch },
      {
        identity: await caller?.identityToken(),
        baseUrl: options.baseUrlOf(request),
        traceparent: traceparentOf(request),
        timeoutMs: 30_000,
      },
    )
    reply.code(answer.status).headers(answer.headers)
    if (answer.status !== 304 && request.method !== 'HEAD') {
      return reply.send(Readable.from(answer.body, { objectMode: false }))
    }
    answer.cancel()
    return reply.send()
  })
}
