import type { FastifyInstance } from 'fastify'
import { serveFailures } from '../api/failures.ts'
import { openToAllOrigins } from '../api/open-origins.ts'
import { serveNothingBelow } from '../api/serve-path.ts'
import { lingerAfterAnswers } from '../http/linger.ts'
import { keepRawBodies } from '../http/raw-body.ts'
import { bulkImportRoutes } from './bulk-import.routes.ts'
import { downloadRoute } from './download.route.ts'
import { renderError } from './error-shape.ts'
import { operationHandler } from './operation-handler.ts'
import { route, type SourceExportsOptions } from './route.ts'
import { sendJson } from './send.ts'
import { ownedEntries, rootEntries } from './table.ts'
import { taskRoutes } from './task.routes.ts'
import { userRoutes } from './user.routes.ts'
import { ownerOfPath } from './user.ts'

/** What scripts may read of answers. */
const responseHeaders = [
  ...['num_found', 'num_returned', 'offset', 'next', 'previous', 'pages', 'page_number', 'exportURL', 'lastUpdated'],
  ...['lastUpdatedTimezone', 'Last-Updated', 'Last-Updated-Timezone', 'Content-Disposition', 'Location'],
].join(', ')

const owners = ['/orgs/:org', '/users/:user', '/user']

/** The Open Concept Lab API of sources, their versions and exports, at its original paths. */
export async function sourceExports(app: FastifyInstance, options: SourceExportsOptions): Promise<void> {
  await app.register(async scope => serve(scope, options))
}

function serve(app: FastifyInstance, options: SourceExportsOptions): void {
  keepRawBodies(app)
  openToAllOrigins(app, {
    origin: 'named',
    methods: 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS',
    requestHeaders: 'accept, authorization, compress, content-type, if-match, if-none-match, origin, range',
    responseHeaders,
  })
  lingerAfterAnswers(app)
  serveFailures(app, { render: renderError, challenge: 'Token', send: sendJson, logError: options.logError })

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
    serveNothingBelow(app, root)
  }
}
