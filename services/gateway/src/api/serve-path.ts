import { failure, type SlipwayError } from '@slipway/contracts'
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteShorthandOptions } from 'fastify'

export type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>

export type PathOptions = {
  /** Answers every method, also those that the path does not know: with 405 and not 404. */
  readonly handler: Handler
  /** Headers of every answer of the path, of errors as well. */
  readonly headers?: (request: FastifyRequest) => Readonly<Record<string, string>>
  /** Whether the path is there with a slash at its end, too: a redirected POST would lose its method. Default: true. */
  readonly slash?: boolean
  /**
   * What becomes of `/tasks/`, where the router takes the nothing behind the slash for an id: the error that says so, or
   * `unknown` for what the scope answers to unknown paths. Default: `not_found`.
   */
  readonly missing?: (() => SlipwayError) | 'unknown'
  /** Bytes of a body at most. Default: the server's. */
  readonly bodyLimit?: number
  /** Default: the error handler of the scope. */
  readonly errorHandler?: RouteShorthandOptions['errorHandler']
}

/** Serves one path of an API. */
export function servePath(app: FastifyInstance, path: string, options: PathOptions): void {
  const { handler, headers, slash = true, missing = notFound, bodyLimit, errorHandler } = options
  for (const url of slash ? [path, `${path}/`] : [path]) {
    app.route({
      method: app.supportedMethods,
      url,
      ...(bodyLimit !== undefined && { bodyLimit }),
      ...(errorHandler && { errorHandler }),
      onRequest(request, reply, done) {
        if (hasEmptyParameter(request)) {
          if (missing === 'unknown') return reply.callNotFound()
          return done(missing())
        }
        if (headers) reply.headers(headers(request))
        done()
      },
      handler,
    })
  }
}

/** Answers everything below a path that nothing else answers, in the way of the scope. */
export function serveNothingBelow(app: FastifyInstance, root: string, error = notFound): void {
  app.all(`${root}/*`, () => {
    throw error()
  })
}

const notFound = () => failure('not_found', 'Not found.')

function hasEmptyParameter(request: FastifyRequest): boolean {
  return Object.values(request.params as Record<string, string>).includes('')
}

/** Value of `Allow` for a path with these methods: HEAD is there wherever GET is. `options`: whether OPTIONS is. */
export function allowOf(methods: Iterable<string>, { options = true } = {}): string {
  const known = [...methods]
  return [...known, ...(known.includes('GET') ? ['HEAD'] : []), ...(options ? ['OPTIONS'] : [])].join(', ')
}

/** The method whose table entry answers a request: HEAD is answered as GET, without its body. */
export const methodOf = ({ method }: FastifyRequest): string => (method === 'HEAD' ? 'GET' : method)

export const isRead = ({ method }: FastifyRequest): boolean => method === 'GET' || method === 'HEAD'

/** Browsers ask these before a request of a script, and never with credentials. */
export const isPreflight = ({ method, headers }: FastifyRequest): boolean =>
  method === 'OPTIONS' && headers.origin !== undefined && 'access-control-request-method' in headers
