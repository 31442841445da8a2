import type { FastifyInstance } from 'fastify'
import { lingerAfterAnswers } from '../http/linger.ts'
import { keepRawBodies } from '../http/raw-body.ts'
import { endpoints } from './endpoints.ts'
import { renderError } from './error-shape.ts'
import { addHeaders } from './headers.ts'
import type { ReleasePackagesOptions } from './options.ts'
import { notFound, serveEndpoints } from './serve-endpoints.ts'

/** What is below these and is nothing is answered in the shape of this API. */
const roots = [
  '/api/releasePackages',
  '/api/checkVersionDependency',
  '/api/updateArchive',
  '/api/members',
  '/api/commercialUsages',
  '/api/countries',
  '/api/affiliates',
  '/api/applications',
  '/api/audits',
  '/api/users',
  '/api/account',
  '/api/passwordReset',
  '/app',
]

/** The API of SNOMED's member licensing and distribution service (MLDS), at its original paths. */
export async function releasePackages(app: FastifyInstance, options: ReleasePackagesOptions): Promise<void> {
  await app.register(async scope => serve(scope, options))
}

async function serve(app: FastifyInstance, options: ReleasePackagesOptions): Promise<void> {
  addHeaders(app)
  app.setErrorHandler((error, request, reply) => {
    const { status, body, retryAfter } = renderError(error, request.url)
    if (status >= 500) options.logError(error, request)
    // No `WWW-Authenticate` with 401: browsers would open a dialogue over the web client.
    if (retryAfter !== undefined) reply.header('retry-after', String(retryAfter))
    return reply.code(status).header('content-type', 'application/json').send(JSON.stringify(body))
  })
  const uploadPaths = new Set(endpoints.filter(({ streamed }) => streamed).map(({ path }) => path))
  await app.register(async scope => {
    keepRawBodies(scope)
    const whole = endpoints.filter(({ path }) => !uploadPaths.has(path))
    serveEndpoints(scope, whole, options)
    for (const root of roots) {
      scope.all(`${root}/*`, () => {
        throw notFound()
      })
    }
  })
  await app.register(async scope => {
    passBodiesOn(scope)
    const uploads = endpoints.filter(({ path }) => uploadPaths.has(path))
    serveEndpoints(scope, uploads, options)
  })
}

/** The body of a request is the stream it comes as, whatever it is labelled. */
function passBodiesOn(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
  lingerAfterAnswers(app)
}
