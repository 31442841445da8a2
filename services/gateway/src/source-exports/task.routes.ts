import { bulkImportOperations, failure } from '@slipway/contracts'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isRead } from '../api/serve-path.ts'
import { queryParameters } from '../http/query.ts'
import { authorization } from '../identity/credentials.ts'
import { authenticate, requireKnown } from './authentication.ts'
import { callOf, methodNotAllowed, type SourceExportsOptions } from './route.ts'
import { sendAnswer } from './send.ts'
import { requireAccount } from './user.ts'

const { list, get, cancel } = bulkImportOperations

/**
 * Imports as tasks, where command lines look for them. With the last slash only: without it, and for any other id, the
 * paths are those of release tasks. The list, whose path would be nothing in the API of release tasks, is there for
 * callers by the scheme of this API alone.
 */
export function taskRoutes(app: FastifyInstance, options: SourceExportsOptions): void {
  for (const url of ['/tasks/', '/user/tasks', '/user/tasks/', '/users/:user/tasks', '/users/:user/tasks/']) {
    app.all(url, async (request, reply) => {
      const isOurs = url !== '/tasks/' || (isRead(request) && authorization(request)?.scheme === 'token')
      if (!isOurs) throw failure('not_found', 'Not found.')
      const caller = requireKnown(await authenticate(request, options.authenticator))
      if (!isRead(request)) throw methodNotAllowed(request)
      const { user } = request.params as { user?: string }
      const username = user === undefined ? undefined : (await requireAccount(options.store, user)).login
      const call = await callOf(options, request, caller, list)
      const input = { ...(username !== undefined && { username }), query: queryParameters(request) }
      return sendAnswer(options.bus, list, input, call, request, reply)
    })
  }
  app.all('/tasks/:task/', (request, reply) => one(request, reply))

  async function one(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { task } = request.params as { task: string }
    if (!task.startsWith('BI_')) throw failure('not_found', 'Not found.')
    const caller = requireKnown(await authenticate(request, options.authenticator))
    if (request.method === 'DELETE') {
      const call = await callOf(options, request, caller, cancel)
      return sendAnswer(options.bus, cancel, { task }, call, request, reply)
    }
    if (!isRead(request)) throw methodNotAllowed(request)
    const call = await callOf(options, request, caller, get)
    return sendAnswer(options.bus, get, { task }, call, request, reply)
  }
}
