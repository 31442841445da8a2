import type { FastifyInstance } from 'fastify'
import { serveFailures } from '../api/failures.ts'
import { openToAllOrigins } from '../api/open-origins.ts'
import { serveNothingBelow } from '../api/serve-path.ts'
import { lingerAfterAnswers } from '../http/linger.ts'
import { keepRawBodies } from '../http/raw-body.ts'
import { endpoints } from './endpoints.ts'
import { renderError } from './error-shape.ts'
import type { ReleasePackagesOptions } from './options.ts'
import { notFound, serveEndpoints } from './serve-endpoints.ts'

const uncached = {
  'cache-control': 'no-cache, no-store, max-age=0, must-revalidate',
  pragma: 'no-cache',
  expires: '0',
}

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
  openToAllOrigins(app, {
    origin: 'any',
    methods: 'GET, HEAD, POST, PUT, DELETE, OPTIONS',
    responseHeaders:
      'Allow, Content-Disposition, Content-Length, Content-Range, ETag, Last-Modified, Location, Retry-After',
  })
  // Nothing is kept by caches unless the origin of a file allows it.
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (!reply.hasHeader('cache-control') && !reply.hasHeader('expires')) reply.headers(uncached)
    done(null, payload)
  })
  serveFailures(app, {
    render: (error, request) => renderError(error, request.url),
    type: 'application/json; charset=utf-8',
    logError: options.logError,
  })
  const uploadPaths = new Set(endpoints.filter(({ streamed }) => streamed).map(({ path }) => path))
  await app.register(async scope => {
    keepRawBodies(scope)
    const whole = endpoints.filter(({ path }) => !uploadPaths.has(path))
    serveEndpoints(scope, whole, options)
    for (const root of roots) serveNothingBelow(scope, root, notFound)
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
