import { releasePackageOperations } from '@slipway/contracts'
import type { Endpoint } from './endpoint.ts'
import { body, conditionalBody, ifMatch, ifNoneMatch } from './request-input.ts'

const { list, get, create, update, delete: remove } = releasePackageOperations

const all = '/api/releasePackages'
export const packagePath = `${all}/:releasePackageId`

const withBody = { body: 'body' } as const
const unchanged = { others: { 304: 'Nothing changed since it was read' } } as const

export const packageEndpoints: readonly Endpoint[] = [
  { method: 'GET', path: all, audience: 'anyone', operation: list, input: ifNoneMatch, describe: unchanged },
  { method: 'POST', path: all, audience: 'editor', operation: create, input: body, describe: withBody },
  { method: 'GET', path: packagePath, audience: 'anyone', operation: get, input: ifNoneMatch, describe: unchanged },
  {
    method: 'PUT',
    path: packagePath,
    audience: 'editor',
    operation: update,
    input: conditionalBody,
    describe: withBody,
  },
  { method: 'DELETE', path: packagePath, audience: 'editor', operation: remove, input: ifMatch },
]
