import { exportOperations } from '@slipway/contracts'
import type { FastifyInstance } from 'fastify'
import { lastValue, queryParameters } from '../http/query.ts'
import { callOptions, type SourceExportsOptions } from './caller-context.ts'
import { conditionsOf } from './operation-handler.ts'
import { methodNotAllowed, route } from './route.ts'
import { sendAnswer } from './send.ts'

/** The signed URL of an export. Whoever has it needs no credentials, and credentials that mean nothing here do no harm. */
export function downloadRoute(app: FastifyInstance, options: SourceExportsOptions): void {
  for (const [prefix, ownerType, name] of [
    ['/orgs/:org', 'org', 'org'],
    ['/users/:user', 'user', 'user'],
  ] as const) {
    route(app, `${prefix}/sources/:source/:version/export/:file`, ['GET'], async (request, reply) => {
      if (request.method !== 'GET' && request.method !== 'HEAD') throw methodNotAllowed(request)
      const parameters = request.params as Record<'source' | 'version' | 'file' | 'org' | 'user', string>
      const { source, version, file } = parameters
      const query = queryParameters(request)
      const input = {
        ownerType,
        owner: parameters[name],
        source,
        version,
        file,
        expires: lastValue(query, 'expires') ?? '',
        signature: lastValue(query, 'signature') ?? '',
        ...conditionsOf(request),
        head: request.method === 'HEAD',
      }
      const call = await callOptions(options, request, null, exportOperations.download)
      return sendAnswer(options.bus, exportOperations.download, input, call, request, reply)
    })
  }
}
