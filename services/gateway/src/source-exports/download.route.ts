import { exportOperations } from '@slipway/contracts'
import type { FastifyInstance } from 'fastify'
import { isRead } from '../api/serve-path.ts'
import { lastValue, queryParameters } from '../http/query.ts'
import { conditionsOf } from './operation-handler.ts'
import { callOf, methodNotAllowed, route, type SourceExportsOptions } from './route.ts'
import { sendAnswer } from './send.ts'

/** The signed URL of an export. Whoever has it needs no credentials, and credentials that mean nothing here do no harm. */
export function downloadRoute(app: FastifyInstance, options: SourceExportsOptions): void {
  for (const [prefix, ownerType, name] of [
    ['/orgs/:org', 'org', 'org'],
    ['/users/:user', 'user', 'user'],
  ] as const) {
    route(app, `${prefix}/sources/:source/:version/export/:file`, ['GET'], async (request, reply) => {
      if (!isRead(request)) throw methodNotAllowed(request)
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
      const call = await callOf(options, request, null, exportOperations.download)
      return sendAnswer(options.bus, exportOperations.download, input, call, request, reply)
    })
  }
}
