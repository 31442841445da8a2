import { type Operation, releaseTemplateOperations } from '@slipway/contracts'
import { sendAnswerOf } from '../api/answers.ts'
import { callOptions } from '../api/api-options.ts'
import { readBody } from '../api/read-body.ts'
import { methodNotAllowed } from '../api/rest-framework.ts'
import { type Handler, methodOf } from '../api/serve-path.ts'
import { rawBodyOf } from '../http/raw-body.ts'
import { authenticate } from './authentication.ts'
import { bodyRules } from './body.ts'
import type { HandlerOptions } from './handler.ts'

const limits = { readMs: 15_000, writeMs: 15_000 }
const { get, put, delete: remove } = releaseTemplateOperations
const operations: Readonly<Record<string, Operation>> = { GET: get, PUT: put, DELETE: remove }
const rules = bodyRules({ body: {} })

/** `/rest_api/v1/release-schedules/{id}/release-template/`: what a schedule starts on its day. An addition of this platform. */
export function releaseTemplate(options: HandlerOptions): Handler {
  return async (request, reply) => {
    const caller = await authenticate(request, options.authenticator, options.store)
    const { key: schedule } = request.params as { key: string }
    if (request.method === 'OPTIONS') return reply.code(200).send()
    const operation = operations[methodOf(request)]
    if (!operation) throw methodNotAllowed(request.method)
    const call = await callOptions(options, request, caller, operation, limits)
    const body = operation === put ? { body: (await readBody(rawBodyOf(request), rules)) ?? {} } : {}
    return sendAnswerOf(options.bus, operation, { schedule, ...body }, call, request, reply)
  }
}
