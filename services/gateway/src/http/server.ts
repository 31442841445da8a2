import { METHODS } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import rateLimit from '@fastify/rate-limit'
import { failure } from '@slipway/contracts'
import { type FastifyInstance, type FastifyReply, fastify } from 'fastify'
import { type AdmissionOptions, admitRequests } from './admission.ts'
import { clientOf } from './client-address.ts'
import { type ConnectionOptions, limitConnections } from './connections.ts'
import { addCors } from './cors.ts'
import { fitPaths } from './fit-path.ts'
import { boundFlowingBodies, type FlowingBodyOptions } from './flowing-bodies.ts'
import { boundLargeBodies } from './large-bodies.ts'
import { cutSlowBodies, type SlowBodyOptions } from './slow-bodies.ts'
import { addTraces } from './trace.ts'

export type HttpServerOptions = {
  /** Whose `X-Forwarded-*` headers count: nobody's, everybody's, or those of these addresses and networks. */
  readonly trustProxy: boolean | string
  /** Greatest request body in bytes. */
  readonly bodyLimit: number
  /** Whose scripts may call; see `CorsOptions`. */
  readonly corsOrigins: readonly string[]
  readonly trustsAllOrigins: boolean
  /** What is made of the URL of a request before it finds its route. */
  readonly rewriteUrl: (url: string) => string
  /** Requests a minute that one address may make; 0: no limit. */
  readonly requestsPerMinute: number
  readonly connections: Omit<ConnectionOptions, 'trustProxy'>
  readonly admission: AdmissionOptions
  readonly flowingBodies: FlowingBodyOptions
  /** Milliseconds in which the head of a request must be there, from the first byte or the beginning of a connection. */
  readonly headMs: number
  readonly slowBodies: SlowBodyOptions
}

/** What scripts of allowed origins may do: whatever some API has a use for. */
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
const requestHeaders = [
  ...['accept', 'accept-encoding', 'authorization', 'content-type', 'dnt', 'origin', 'user-agent', 'x-csrftoken'],
  ...['x-requested-with', 'genestack-api-token', 'idempotency-key', 'if-match', 'if-none-match', 'last-event-id'],
  ...['range', 'traceparent'],
]
const responseHeaders = ['allow', 'content-disposition', 'content-range', 'etag', 'link', 'location', 'retry-after']

/** Ids are of any length: a long one is unknown, not a wrong path. */
const longestParameter = 4096
/** Longer than load balancers keep their connections, so that it is never we who close one in use. */
const keepAliveMs = 75_000
/** A connection on which nothing at all goes on for so long, not even a stream's sign of life, is closed. */
const silenceMs = 600_000
/** How often the time limits of heads are looked at. */
const lookEveryMs = 1_000

/** Seconds. */
const usualRetryAfter = '1'

export type StopOptions = {
  /** Milliseconds in which requests are still taken, and connections told to close. */
  readonly lingerMs: number
  /** Milliseconds that requests under way get to finish after that. */
  readonly drainMs: number
}

export type HttpServer = {
  readonly app: FastifyInstance
  /** True from the beginning of `stop`. */
  readonly stopping: boolean
  /**
   * Stops without losing requests: clients that keep connections open learn with their next answer that they must
   * connect anew, then nothing new is accepted, and what is under way is finished.
   */
  stop(options: StopOptions): Promise<void>
}

/**
 * Makes the HTTP server that all APIs hang on: limits, origins, proxies. It knows nothing of any API; what an API
 * answers to errors, bodies and unknown paths is set in its own scope.
 */
export async function createHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const app = fastify({
    // Requests and errors are logged by our own hooks, without a child logger for every request.
    logger: false,
    trustProxy: options.trustProxy,
    bodyLimit: options.bodyLimit,
    rewriteUrl: ({ url = '/' }) => options.rewriteUrl(url),
    keepAliveTimeout: keepAliveMs,
    connectionTimeout: silenceMs,
    // The whole of a request has no limit of its own: uploads are long. `cutSlowBodies` ends those that trickle.
    requestTimeout: 0,
    http: { headersTimeout: options.headMs, connectionsCheckingInterval: lookEveryMs },
    return503OnClosing: false,
    routerOptions: { maxParamLength: longestParameter },
    // Raised before any scope is known, for a path that can be nobody's address: broken percent encoding, endless ids.
    frameworkErrors: (_error, _request, reply) => {
      ;(reply as FastifyReply).code(404).send({ detail: 'Not found.' })
    },
  })

  // An API may answer every method in its own way, also those that nothing here is done by.
  for (const method of METHODS) {
    if (method !== 'CONNECT' && !app.supportedMethods.includes(method)) app.addHttpMethod(method)
  }
  app.addHook('onRequest', (_request, reply, done) => {
    reply.header('x-content-type-options', 'nosniff')
    done()
  })
  let stopping = false
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (stopping) reply.header('connection', 'close')
    // Whatever the API, and whoever noticed that something is away.
    if (reply.statusCode === 503 && !reply.hasHeader('retry-after')) reply.header('retry-after', usualRetryAfter)
    done(null, payload)
  })
  fitPaths(app)
  addTraces(app)
  limitConnections(app.server, { ...options.connections, trustProxy: options.trustProxy })
  cutSlowBodies(app, options.slowBodies)
  const { corsOrigins: origins, trustsAllOrigins: trustsAll } = options
  addCors(app, { origins, trustsAll, methods, requestHeaders, responseHeaders })
  admitRequests(app, options.admission)
  boundFlowingBodies(app, options.flowingBodies)
  boundLargeBodies(app)
  await app.register(rateLimit, {
    global: options.requestsPerMinute > 0,
    max: options.requestsPerMinute,
    timeWindow: 60_000,
    keyGenerator: request => clientOf(request.ip),
    errorResponseBuilder: (_request, { ttl }) =>
      failure('rate_limited', 'Too many requests.', { retryAfter: Math.ceil(ttl / 1000) }),
  })

  return {
    app,
    get stopping() {
      return stopping
    },
    async stop({ lingerMs, drainMs }) {
      stopping = true
      await delay(lingerMs)
      const giveUp = setTimeout(() => app.server.closeAllConnections(), drainMs)
      try {
        await app.close()
      } finally {
        clearTimeout(giveUp)
      }
    },
  }
}
