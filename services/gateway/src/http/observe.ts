import { isFailure } from '@slipway/contracts'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import { Histogram, type Registry } from 'prom-client'
import { traceparentOf } from './trace.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who calls, for the log; set by the API that authenticated the request. */
    actor: string | undefined
  }
}

export type ObserveOptions = {
  readonly log: Logger
  readonly registry: Registry
  /** `all`: a log line for every request; `errors`: for those answered with 500 or more; `none`. */
  readonly accessLog: 'all' | 'errors' | 'none'
}

/** Measures every request by route, and writes the access log. */
export function observeRequests(app: FastifyInstance, { log, registry, accessLog }: ObserveOptions): void {
  const durations = new Histogram({
    name: 'slipway_http_request_duration_seconds',
    help: 'Duration of HTTP requests until the last byte is handed to the network',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [registry],
  })
  app.decorateRequest('actor', undefined)
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none'
    durations.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000)
    if (accessLog === 'all' || (accessLog === 'errors' && reply.statusCode >= 500)) writeLine(log, request, reply)
    done()
  })
}

function writeLine(log: Logger, request: FastifyRequest, reply: FastifyReply) {
  const line = {
    event: 'request',
    method: request.method,
    url: request.url,
    status: reply.statusCode,
    ms: Math.round(reply.elapsedTime * 100) / 100,
    address: request.ip,
    actor: request.actor,
    trace: traceparentOf(request).split('-')[1],
  }
  if (reply.statusCode >= 500) log.warn(line, 'request failed')
  else log.info(line, 'request')
}

/** Writes down why a request was answered with 500 or more: with a stack where it is a fault of ours. */
export function errorLog(log: Logger) {
  return (error: unknown, request: FastifyRequest) => {
    const line = { method: request.method, url: request.url, trace: traceparentOf(request).split('-')[1] }
    if (isFailure(error) && error.code !== 'internal') log.warn({ ...line, code: error.code }, error.message)
    else log.error({ ...line, err: error }, 'unexpected error')
  }
}
