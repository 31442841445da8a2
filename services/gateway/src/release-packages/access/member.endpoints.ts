import { memberOperations } from '@slipway/contracts'
import { jsonObject } from '../body.ts'
import type { Endpoint } from '../endpoint.ts'

const { list, update, setNotifications, setFeed } = memberOperations
const one = '/api/members/:key'
const input: NonNullable<Endpoint['input']> = request => ({ body: jsonObject(request) })
const describe = { body: 'body' } as const

export const memberEndpoints: readonly Endpoint[] = [
  { method: 'GET', path: '/api/members', audience: 'anyone', operation: list },
  { method: 'PUT', path: one, audience: 'editor', operation: update, input, describe },
  { method: 'PUT', path: `${one}/notifications`, audience: 'editor', operation: setNotifications, input, describe },
  { method: 'PUT', path: `${one}/memberFeedUrl`, audience: 'editor', operation: setFeed, input, describe },
]
