import { packageStudyOperations } from '@slipway/contracts'
import type { Endpoint } from './endpoint.ts'
import { packagePath } from './package.endpoints.ts'
import { body } from './request-input.ts'

const { get, put, delete: remove } = packageStudyOperations

const path = `${packagePath}/study`
const description = 'An addition to the API of MLDS: versions of a package are made by releases of its study.'

export const packageStudyEndpoints: readonly Endpoint[] = [
  { method: 'GET', path, audience: 'editor', operation: get, describe: { description } },
  { method: 'PUT', path, audience: 'editor', operation: put, input: body, describe: { body: 'body', description } },
  { method: 'DELETE', path, audience: 'editor', operation: remove, describe: { description } },
]
