import { readPdcQuery, scheduleOperations, scheduleResource } from '@slipway/contracts'
import { sendAnswerOf } from '../api/answers.ts'
import { callOptions } from '../api/api-options.ts'
import { methodNotAllowed } from '../api/rest-framework.ts'
import { type Handler, isRead } from '../api/serve-path.ts'
import { queryParameters } from '../http/query.ts'
import { authenticate } from './authentication.ts'
import type { HandlerOptions } from './handler.ts'

const limits = { readMs: 30_000, writeMs: 30_000 }

/**
 * `/rest_api/v1/release-schedules.ics`: the same schedules, by the same filters, as a calendar to subscribe to. An
 * addition of this platform.
 */
export function calendar(options: HandlerOptions): Handler {
  const operation = scheduleOperations.calendar
  return async (request, reply) => {
    const caller = await authenticate(request, options.authenticator, options.store)
    if (!isRead(request)) throw methodNotAllowed(request.method)
    const query = queryParameters(request)
    readPdcQuery(scheduleResource, query)
    const input = { query, ifNoneMatch: request.headers['if-none-match'] }
    const call = await callOptions(options, request, caller, operation, limits)
    return sendAnswerOf(options.bus, operation, input, call, request, reply)
  }
}
