import { createHash, randomUUID } from 'node:crypto'
import type { Identity } from '@slipway/contracts'
import type { FastifyRequest } from 'fastify'

/**
 * The id under which a write is remembered, so that its repetition is answered and not done again. A client names it by
 * `Idempotency-Key`, which counts for this caller and this path only; without the header every request is a new write.
 */
export function commandIdOf(request: FastifyRequest, identity: Identity | null): string {
  const key = request.headers['idempotency-key']
  if (typeof key !== 'string' || key === '') return randomUUID()
  const caller = identity ? identity.subject : `anonymous ${request.ip}`
  const path = request.url.split('?', 1)[0]
  return createHash('sha256').update([caller, request.method, path, key].join('\n')).digest('base64url')
}
