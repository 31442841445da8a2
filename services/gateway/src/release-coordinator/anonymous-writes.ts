import { failure } from '@slipway/contracts'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { clientOf } from '../http/client-address.ts'

export type AnonymousWrites = {
  readonly allowed: boolean
  /** From one address; 0: no limit. */
  readonly perMinute: number
}

/**
 * Makes the check of writes that anybody may make: the original lets callers without credentials add events and trigger
 * checks. The check throws `unauthenticated` where that is switched off, `rate_limited` where there are too many.
 */
export function anonymousWrites(app: FastifyInstance, { allowed, perMinute }: AnonymousWrites) {
  if (!allowed) {
    return async () => {
      throw failure('unauthenticated', 'Authentication credentials were not provided.')
    }
  }
  if (perMinute === 0) return async () => {}
  const count = app.createRateLimit({
    max: perMinute,
    timeWindow: 60_000,
    keyGenerator: request => clientOf(request.ip),
  })
  return async (request: FastifyRequest) => {
    const result = await count(request)
    if (!result.isAllowed && result.isExceeded) {
      throw failure('rate_limited', 'Too many requests without credentials.', { retryAfter: result.ttlInSeconds })
    }
  }
}
