import { childTraceparent } from '@slipway/bus'
import type { FastifyInstance, FastifyRequest } from 'fastify'

declare module 'fastify' {
  interface FastifyRequest {
    traceparent: string | undefined
  }
}

export function addTraces(app: FastifyInstance): void {
  app.decorateRequest('traceparent', undefined)
}

/** W3C trace context of the calls a request causes: in the client's trace, or in a new one. The same for one request. */
export function traceparentOf(request: FastifyRequest): string {
  if (request.traceparent === undefined) {
    const given = request.headers.traceparent
    request.traceparent = childTraceparent(typeof given === 'string' ? given : undefined)
  }
  return request.traceparent
}
