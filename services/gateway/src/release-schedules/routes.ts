import { failure } from '@slipway/contracts'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { sendJson } from '../api/answers.ts'
import { serveFailures } from '../api/failures.ts'
import { openToAllOrigins } from '../api/open-origins.ts'
import { methodNotAllowed, requireJsonAccepted } from '../api/rest-framework.ts'
import { allowOf, type Handler, isRead, servePath } from '../api/serve-path.ts'
import { keepRawBodies } from '../http/raw-body.ts'
import { type AuthRoutesOptions, authRoutes } from './auth.routes.ts'
import { authenticate } from './authentication.ts'
import { calendar } from './calendar.ts'
import { renderError } from './error-shape.ts'
import { handlerOf, type Serve } from './handler.ts'
import { releaseTemplate } from './release-template.ts'
import { methodsOf, resources } from './resource.ts'

/** The PDC API of release schedules and what they refer to, at its original paths under `/rest_api/v1/`. */
export async function releaseSchedules(app: FastifyInstance, options: AuthRoutesOptions): Promise<void> {
  await app.register(async scope => serveAll(scope, options), { prefix: '/rest_api' })
}

function serveAll(app: FastifyInstance, options: AuthRoutesOptions): void {
  keepRawBodies(app)
  openToAllOrigins(app, {
    origin: 'named',
    methods: 'DELETE, GET, OPTIONS, PATCH, POST, PUT',
    requestHeaders: 'x-requested-with, content-type, accept, origin, authorization, x-csrftoken, pdc-change-comment',
  })
  app.decorateRequest('pdcFailed', undefined)
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('vary', request.headers.origin === undefined ? 'Accept, Cookie' : 'Accept, Cookie, Origin')
    reply.header('x-frame-options', 'SAMEORIGIN')
    // The original lets answers be kept for 30 seconds, also from whoever has just written. Here they are asked for again.
    if (isRead(request)) reply.header('cache-control', 'no-cache')
    done()
  })
  serveFailures(app, {
    render: (error, request) => renderError(error, request.pdcFailed),
    challenge: 'Token',
    logError: options.logError,
  })
  app.setNotFoundHandler(notFound)

  const serve: Serve = (path, methods, handler) => {
    const headers = { allow: allowOf(methods) }
    servePath(app, `/v1${path}`, { headers: () => headers, missing: 'unknown', handler })
  }
  serve('', ['GET'], rootIndex(options))
  for (const resource of resources) {
    const { segment } = resource.resource
    serve(`/${segment}`, methodsOf(resource, 'list'), handlerOf(resource, 'list', options))
    if (!resource.operations.get) continue
    serve(`/${segment}/:key`, methodsOf(resource, 'item'), handlerOf(resource, 'item', options))
  }
  serve('/release-schedules.ics', ['GET'], calendar(options))
  serve('/release-schedules/:key/release-template', ['GET', 'PUT', 'DELETE'], releaseTemplate(options))
  authRoutes(serve, options)
}

const page = `<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Not found</title></head>
<body><h1>Not found</h1><p>There is nothing at this address. <a href="/rest_api/v1/">The API begins here.</a></p></body>
</html>
`

/** An unknown path: JSON for a client that names it as what it takes, like that of PDC; a page for all others. */
function notFound(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (request.headers.accept?.includes('application/json')) return sendJson(reply, 404, { detail: 'Not found' })
  return reply.code(404).header('content-type', 'text/html; charset=utf-8').send(page)
}

const addresses = [
  ...['auth/current-user', 'auth/token/obtain', 'auth/token/refresh'],
  ...resources.map(({ resource }) => resource.segment),
].sort()

/** `/rest_api/v1/`: where everything is, sorted. The command line client shows it when it is not asked for anything else. */
function rootIndex({ authenticator, store, baseUrlOf }: AuthRoutesOptions): Handler {
  return async (request, reply) => {
    requireJsonAccepted(request.headers.accept)
    const caller = await authenticate(request, authenticator, store)
    if (request.method === 'OPTIONS') {
      return sendJson(reply, 200, {
        name: 'Api Root',
        description: 'The resources of this API',
        renders: ['application/json'],
        parses: [],
      })
    }
    if (!isRead(request)) {
      if (!caller) throw failure('unauthenticated', 'Authentication credentials were not provided.')
      throw methodNotAllowed(request.method)
    }
    const base = `${baseUrlOf(request)}/rest_api/v1/`
    return sendJson(reply, 200, Object.fromEntries(addresses.map(path => [path, `${base}${path}/`])))
  }
}
