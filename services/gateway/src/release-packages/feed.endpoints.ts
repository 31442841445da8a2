import { releaseFeedOperations } from '@slipway/contracts'
import type { Endpoint } from './endpoint.ts'
import { ifNoneMatch } from './request-input.ts'

export const feedEndpoints: readonly Endpoint[] = [
  {
    method: 'GET',
    path: '/api/feed',
    audience: 'anyone',
    operation: releaseFeedOperations.get,
    input: ifNoneMatch,
    describe: { produces: ['application/atom+xml'], others: { 304: 'Nothing changed since it was read' } },
  },
]
