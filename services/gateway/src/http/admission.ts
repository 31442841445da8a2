import { failure } from '@slipway/contracts'
import type { FastifyInstance } from 'fastify'
import { clientOf } from './client-address.ts'
import { limitPlaces } from './places.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answered however much is under way: health and metrics. */
    alwaysAdmitted?: boolean
  }
  interface FastifyRequest {
    /** Whose place the request has; undefined: it has none. */
    placeOf: string | undefined
  }
}

export type AdmissionOptions = {
  /** Requests under way at the same time, streams, downloads and uploads included. */
  readonly requests: number
  /** Those of one address; 0: no limit. */
  readonly requestsPerAddress: number
}

/**
 * Bounds what is under way: beyond that a request is refused before anything is done for it, in the shape of its API,
 * with `rate_limited` where it is its own address that has too much, else with `busy`.
 */
export function admitRequests(app: FastifyInstance, { requests, requestsPerAddress }: AdmissionOptions): void {
  const perAddress = limitPlaces(requestsPerAddress)
  let underWay = 0
  app.decorateRequest('placeOf', undefined)

  app.addHook('onRequest', (request, _reply, done) => {
    if (request.routeOptions.config.alwaysAdmitted) return done()
    const client = clientOf(request.ip)
    if (underWay >= requests) return done(failure('busy', 'There is too much under way.', { retryAfter: 1 }))
    if (!perAddress.take(client)) {
      return done(failure('rate_limited', 'Too much is under way from this address.', { retryAfter: 1 }))
    }
    underWay += 1
    request.placeOf = client
    done()
  })
  app.addHook('onResponse', (request, _reply, done) => {
    if (request.placeOf !== undefined) {
      underWay -= 1
      perAddress.leave(request.placeOf)
      request.placeOf = undefined
    }
    done()
  })
}
