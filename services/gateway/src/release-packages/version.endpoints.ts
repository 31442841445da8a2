import { releaseVersionOperations } from '@slipway/contracts'
import type { Endpoint } from './endpoint.ts'
import { packagePath } from './package.endpoints.ts'
import { body, conditionalBody, ifMatch, requiredBoolean } from './request-input.ts'

const { get, create, update, delete: remove, archive, checkDependency } = releaseVersionOperations

const all = `${packagePath}/releaseVersions`
export const versionPath = `${all}/:releaseVersionId`

const withBody = { body: 'body' } as const

export const versionEndpoints: readonly Endpoint[] = [
  { method: 'POST', path: all, audience: 'editor', operation: create, input: body, describe: withBody },
  { method: 'GET', path: versionPath, audience: 'signed-in', operation: get },
  {
    method: 'PUT',
    path: versionPath,
    audience: 'editor',
    operation: update,
    input: conditionalBody,
    describe: withBody,
  },
  { method: 'DELETE', path: versionPath, audience: 'editor', operation: remove, input: ifMatch },
  {
    method: 'GET',
    path: '/api/checkVersionDependency/:releaseVersionId',
    audience: 'editor',
    operation: checkDependency,
  },
  {
    method: 'POST',
    path: '/api/updateArchive/:releaseVersionId',
    audience: 'editor',
    operation: archive,
    input: request => ({ archive: requiredBoolean(request, 'isArchive') }),
    describe: { query: ['isArchive'], rename: { isArchive: 'archive' } },
  },
]
