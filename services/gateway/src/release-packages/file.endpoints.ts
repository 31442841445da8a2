import { failure, releaseFileOperations } from '@slipway/contracts'
import type { FastifyRequest } from 'fastify'
import type { Endpoint } from './endpoint.ts'
import { body, conditionalBody, ifMatch } from './request-input.ts'
import { versionPath } from './version.endpoints.ts'

const { get, check, create, update, delete: remove } = releaseFileOperations

const all = `${versionPath}/releaseFiles`
export const filePath = `${all}/:releaseFileId`

const withBody = { body: 'body' } as const

/** The file that a PUT to the collection is about stands in the body. */
function identifiedBody(request: FastifyRequest) {
  const input = conditionalBody(request)
  const { releaseFileId } = input.body
  if (releaseFileId === undefined || releaseFileId === null) {
    throw failure('invalid', 'releaseFileId: must be given')
  }
  return input
}

export const fileEndpoints: readonly Endpoint[] = [
  { method: 'POST', path: all, audience: 'editor', operation: create, input: body, describe: withBody },
  { method: 'PUT', path: all, audience: 'editor', operation: update, input: identifiedBody, describe: withBody },
  { method: 'GET', path: filePath, audience: 'signed-in', operation: get },
  { method: 'DELETE', path: filePath, audience: 'editor', operation: remove, input: ifMatch },
  { method: 'GET', path: `${filePath}/check`, audience: 'signed-in', operation: check },
]
