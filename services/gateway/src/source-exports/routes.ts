import { failure } from '@slipway/contracts'
import type { FastifyInstance } from 'fastify'
import { lingerAfterAnswers } from '../http/linger.ts'
import { keepRawBodies } from '../http/raw-body.ts'
import { bulkImportRoutes } from './bulk-import.routes.ts'
import type { SourceExportsOptions } from './caller-context.ts'
import { allowAllOrigins } from './cors.ts'
import { downloadRoute } from './download.route.ts'
import { renderError } from './error-shape.ts'
import { operationHandler } from './operation-handler.ts'
import { route } from './route.ts'
import { sendJson } from './send.ts'
import { ownedEntries, rootEntries } from './table.ts'
import { taskRoutes } from './task.routes.ts'
import { userRoutes } from './user.routes.ts'
import { ownerOfPath } from './user.ts'

const owners = ['/orgs/:org', '/users/:user', '/user']

/** The Open Concept Lab API of sources, their versions and exports, at its original paths. */
export async function sourceExports(app: FastifyInstance, options: SourceExportsOptions): Promise<void> {
  await app.register(async scope => serve(scope, options))
}

function serve(app: FastifyInstance, options: SourceExportsOptions): void {
  keepRawBodies(app)
  allowAllOrigins(app)
  lingerAfterAnswers(app)
  app.setErrorHandler((error, request, reply) => {
    const { status, body, retryAfter } = renderError(error)
    if (status >= 500) options.logError(error, request)
    if (status === 401) reply.header('www-authenticate', 'Token')
    if (retryAfter !== undefined) reply.header('retry-after', String(retryAfter))
    return sendJson(request, reply, status, body)
  })

  userRoutes(app, options)
  for (const entry of rootEntries) {
    const orgOf = async (request: { params: unknown }) => {
      const { org } = request.params as { org?: string }
      return org === undefined ? {} : { org }
    }
    route(app, entry.path, Object.keys(entry.methods), operationHandler(options, entry, orgOf))
  }
  for (const owner of owners) {
    for (const entry of ownedEntries) {
      const handler = operationHandler(options, entry, (request, caller) => ownerOfPath(options.store, request, caller))
      route(app, owner + entry.path, Object.keys(entry.methods), handler, entry.bodyLimit)
    }
  }
  downloadRoute(app, options)
  taskRoutes(app, options)
  app.register(scope => bulkImportRoutes(scope, options))
  for (const root of ['/orgs', '/users', '/user', '/sources']) {
    app.all(`${root}/*`, () => {
      throw failure('not_found', 'Not found.')
    })
  }
}
