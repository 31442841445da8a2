import { isFailure } from '@slipway/contracts'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { sendJson } from '../api/answers.ts'
import { failureSender, serveFailures } from '../api/failures.ts'
import { isRead, servePath } from '../api/serve-path.ts'
import { keepRawBodies } from '../http/raw-body.ts'
import { type AnonymousWrites, anonymousWrites } from './anonymous-writes.ts'
import { renderError } from './error-shape.ts'
import { type HandlerOptions, handlerOf, type OwnAnswer } from './handler.ts'
import { allow, type Method, type Resource } from './resource.ts'
import { resources } from './resources.ts'

export type ReleaseCoordinatorOptions = Omit<HandlerOptions, 'limitAnonymous'> & {
  readonly anonymousWrites: AnonymousWrites
}

/** Origins whose scripts may call the Kids First Release Coordinator, in any scheme, as in the original. */
export const kidsFirstOrigins = ['*.kidsfirstdrc.org', '*.kids-first.io', '*.netlify.com', '*.netlify.app'] as const

const lists = ['tasks', 'task-services', 'releases', 'release-notes', 'events', 'studies']

/** The Kids First Release Coordinator API, at its original paths. Unknown paths of the whole platform are answered in its way. */
export async function releaseCoordinator(app: FastifyInstance, options: ReleaseCoordinatorOptions): Promise<void> {
  const limitAnonymous = anonymousWrites(app, options.anonymousWrites)
  const handlerOptions = { ...options, limitAnonymous }
  keepRawBodies(app)
  // Of requests to paths that are not there, e.g. when there is too much under way.
  serveFailures(app, { render: renderError, logError: () => {} })

  function serve(resource: Resource, ownAnswer?: OwnAnswer) {
    servePath(app, resource.path, {
      slash: false,
      headers: request => ({ allow: resource.allow, vary: varyOf(request) }),
      missing: 'unknown',
      handler: handlerOf(resource, handlerOptions, ownAnswer),
      errorHandler: failureSender({ render: (error, request) => render(resource, error, request), ...options }),
    })
  }

  const rootIndex = (request: FastifyRequest) => {
    const baseUrl = options.baseUrlOf(request)
    return Object.fromEntries(lists.map(list => [list, `${baseUrl}/${list}`]))
  }
  serve({ path: '/', name: 'Api Root', allow: allow.readOnly, right: 'anyone', methods: {} }, request =>
    isRead(request) ? rootIndex(request) : undefined,
  )
  for (const resource of resources) serve(resource)

  app.setNotFoundHandler((request, reply) => {
    reply.header('vary', varyOf(request))
    return sendJson(reply, 404, { detail: 'Not found.' })
  })
}

const varyOf = ({ headers }: FastifyRequest): string => (headers.origin === undefined ? 'Accept' : 'Accept, Origin')

function render(resource: Resource, error: unknown, request: FastifyRequest) {
  const rendered = renderError(error)
  const route = resource.methods[request.method as Method]
  const own = isFailure(error) ? route?.errorBody?.(error) : undefined
  return own === undefined ? rendered : { ...rendered, body: own }
}
