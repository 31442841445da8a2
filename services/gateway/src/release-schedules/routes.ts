import { isFailure } from '@slipway/contracts'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { keepRawBodies } from '../http/raw-body.ts'
import { type AuthRoutesOptions, authRoutes } from './auth.routes.ts'
import { calendarRoute } from './calendar.route.ts'
import { allowAllOrigins } from './cors.ts'
import { renderError } from './error-shape.ts'
import { handlerOf } from './handler.ts'
import { notFound } from './not-found.ts'
import { releaseTemplateRoute } from './release-template.route.ts'
import { methodsOf, type Resource, resources } from './resource.ts'
import { rootIndex } from './root-index.ts'
import { route } from './route.ts'
import { sendJson } from './send-json.ts'

export type ReleaseSchedulesOptions = AuthRoutesOptions & {
  /** Told of what was answered with 500 or more. */
  readonly logError: (error: unknown, request: FastifyRequest) => void
}

const prefix = '/rest_api'

/** The PDC API of release schedules and what they refer to, at its original paths under `/rest_api/v1/`. */
export async function releaseSchedules(app: FastifyInstance, options: ReleaseSchedulesOptions): Promise<void> {
  await app.register(async scope => serve(scope, options), { prefix })
}

function serve(app: FastifyInstance, options: ReleaseSchedulesOptions): void {
  keepRawBodies(app)
  allowAllOrigins(app)
  app.decorateRequest('pdcFailed', undefined)
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('vary', request.headers.origin === undefined ? 'Accept, Cookie' : 'Accept, Cookie, Origin')
    reply.header('x-frame-options', 'SAMEORIGIN')
    // The original lets answers be kept for 30 seconds, also from whoever has just written. Here they are asked for again.
    if (request.method === 'GET' || request.method === 'HEAD') reply.header('cache-control', 'no-cache')
    done()
  })
  app.setErrorHandler((error, request, reply) => fail(options, error, request, reply))
  app.setNotFoundHandler(notFound)

  route(app, '/v1', 'GET, HEAD, OPTIONS', rootIndex(options))
  for (const resource of resources) {
    const { segment } = resource.resource
    route(app, `/v1/${segment}`, methodsOf(resource, 'list').join(', '), handlerOf(resource, 'list', options))
    if (!hasItems(resource)) continue
    route(app, `/v1/${segment}/:key`, methodsOf(resource, 'item').join(', '), handlerOf(resource, 'item', options))
  }
  calendarRoute(app, options)
  releaseTemplateRoute(app, options)
  authRoutes(app, options)
}

const hasItems = ({ operations }: Resource): boolean => operations.get !== undefined

const emptyPatch = 'Partial update with no changes does not make much sense.'

function fail(options: ReleaseSchedulesOptions, error: unknown, request: FastifyRequest, reply: FastifyReply) {
  const { status, body, retryAfter } = renderError(error, request.pdcFailed)
  if (status >= 500) options.logError(error, request)
  if (status === 401) reply.header('www-authenticate', 'Token')
  if (retryAfter !== undefined) reply.header('retry-after', String(retryAfter))
  // The command line client prints this header.
  if (!request.pdcFailed && isFailure(error) && error.message === emptyPatch) reply.header('pdc-warning', emptyPatch)
  return body === undefined ? reply.code(status).send() : sendJson(reply, status, body)
}
