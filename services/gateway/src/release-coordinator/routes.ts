import { isFailure } from '@slipway/contracts'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { hasEmptyParameter } from '../http/empty-parameter.ts'
import { keepRawBodies } from '../http/raw-body.ts'
import { type AnonymousWrites, anonymousWrites } from './anonymous-writes.ts'
import { renderError } from './error-shape.ts'
import { type HandlerOptions, handlerOf, type OwnAnswer } from './handler.ts'
import { allow, type Method, type Resource } from './resource.ts'
import { resources } from './resources.ts'
import { rootIndex } from './root-index.ts'
import { sendJson } from './send-json.ts'

export type ReleaseCoordinatorOptions = Omit<HandlerOptions, 'limitAnonymous'> & {
  readonly anonymousWrites: AnonymousWrites
  /** Told of what was answered with 500 or more. */
  readonly logError: (error: unknown, request: FastifyRequest) => void
}

/** The Kids First Release Coordinator API, at its original paths. Unknown paths of the whole platform are answered in its way. */
export async function releaseCoordinator(app: FastifyInstance, options: ReleaseCoordinatorOptions): Promise<void> {
  const limitAnonymous = anonymousWrites(app, options.anonymousWrites)
  const handlerOptions = { ...options, limitAnonymous }
  keepRawBodies(app)

  function serve(resource: Resource, ownAnswer?: OwnAnswer) {
    const headers = { allow: resource.allow, vary: 'Accept' }
    const headersAcrossOrigins = { ...headers, vary: 'Accept, Origin' }
    app.route({
      // Methods that a resource lacks are answered with 405, not 404.
      method: app.supportedMethods,
      url: resource.path,
      onRequest(request, reply, done) {
        if (hasEmptyParameter(request)) return reply.callNotFound()
        reply.headers(request.headers.origin === undefined ? headers : headersAcrossOrigins)
        done()
      },
      handler: handlerOf(resource, handlerOptions, ownAnswer),
      errorHandler: (error, request, reply) => fail(resource, error, request, reply),
    })
  }

  function fail(resource: Resource, error: unknown, request: FastifyRequest, reply: FastifyReply) {
    const { status, body, retryAfter } = renderError(error)
    if (status >= 500) options.logError(error, request)
    if (retryAfter !== undefined) reply.header('retry-after', String(retryAfter))
    const route = resource.methods[request.method as Method]
    const own = isFailure(error) ? route?.errorBody?.(error) : undefined
    return sendJson(reply, status, own ?? body)
  }
  // Of requests to paths that are not there, e.g. when there is too much under way.
  app.setErrorHandler((error, _request, reply) => {
    const { status, body, retryAfter } = renderError(error)
    if (retryAfter !== undefined) reply.header('retry-after', String(retryAfter))
    return sendJson(reply, status, body)
  })

  const isRead = ({ method }: FastifyRequest) => method === 'GET' || method === 'HEAD'
  serve({ path: '/', name: 'Api Root', allow: allow.readOnly, right: 'anyone', methods: {} }, request =>
    isRead(request) ? rootIndex(options.baseUrlOf(request)) : undefined,
  )
  for (const resource of resources) serve(resource)

  app.setNotFoundHandler((request, reply) => {
    reply.header('vary', request.headers.origin === undefined ? 'Accept' : 'Accept, Origin')
    return sendJson(reply, 404, { detail: 'Not found.' })
  })
}
