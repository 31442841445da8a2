import { Readable } from 'node:stream'
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
    /** Whether its answer is one that flows. */
    isTransfer: boolean
  }
}

export type AdmissionOptions = {
  /** Requests under way at the same time, streams, downloads and uploads included. */
  readonly requests: number
  /** Those of one address; 0: no limit. */
  readonly requestsPerAddress: number
  /** Answers of any length that flow to one address; 0: no limit. */
  readonly transfersPerAddress: number
}

/**
 * Bounds what is under way: beyond that a request is refused before anything is done for it, in the shape of its API,
 * with `rate_limited` where it is its own address that has too much, else with `busy`.
 */
export function admitRequests(app: FastifyInstance, options: AdmissionOptions): void {
  const { requests, requestsPerAddress, transfersPerAddress } = options
  const perAddress = limitPlaces(requestsPerAddress)
  const transfers = limitPlaces(transfersPerAddress)
  let underWay = 0
  app.decorateRequest('placeOf', undefined)
  app.decorateRequest('isTransfer', false)

  app.addHook('onRequest', (request, reply, done) => {
    if (request.routeOptions.config.alwaysAdmitted) return done()
    const client = clientOf(request.ip)
    if (underWay >= requests) return done(failure('busy', 'There is too much under way.', { retryAfter: 1 }))
    if (!perAddress.take(client)) {
      return done(failure('rate_limited', 'Too much is under way from this address.', { retryAfter: 1 }))
    }
    underWay += 1
    request.placeOf = client
    // Not `onResponse`, which is not there for clients that leave in the middle of an answer.
    reply.raw.once('close', () => {
      underWay -= 1
      perAddress.leave(client)
      if (request.isTransfer) transfers.leave(client)
    })
    done()
  })
  // A reader that takes little at a time holds a place in the service that sends, of which there are not many.
  app.addHook('onSend', (request, reply, payload, done) => {
    if (request.placeOf === undefined || reply.raw.destroyed || !(payload instanceof Readable))
      return done(null, payload)
    if (!transfers.take(request.placeOf)) {
      payload.destroy()
      return done(failure('rate_limited', 'Too many long answers are on their way to this address.', { retryAfter: 1 }))
    }
    request.isTransfer = true
    done(null, payload)
  })
}
