import {
  type Operation,
  platformTaskOperations,
  studyImportOperations,
  studyObjectOperations,
} from '@slipway/contracts'
import type { FastifyRequest } from 'fastify'
import { readJson } from '../http/json-body.ts'
import { queryParameters } from '../http/query.ts'
import { rawBodyOf } from '../http/raw-body.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export type Endpoint = {
  readonly method: Method
  /** With parameters as `:name`, which are fields of the operation's input. */
  readonly path: string
  readonly operation: Operation
  /** Fields of the input that are query parameters; of a repeated one the first counts. */
  readonly query?: readonly string[]
  /** True: the request body is JSON. Otherwise whatever is sent is ignored. */
  readonly body?: boolean
  /** Fields of the input that are the same for every request. */
  readonly given?: Readonly<Record<string, string>>
  /** Default 200. */
  readonly success?: number
  /** The answer may wait for a change (`Prefer: wait=…`). */
  readonly waits?: boolean
}

const tasks = platformTaskOperations
const studies = studyObjectOperations
const page = ['pageLimit', 'pageOffset']
const message = ['versionMessage']

/** What curators and users read alike, each through their own paths. */
function reading(view: 'curator' | 'user'): Endpoint[] {
  const root = `/api/v1/as-${view}/studies`
  const given = { view }
  const list = ['filter', 'query', 'sort', ...page]
  return [
    { method: 'GET', path: root, operation: studies.list, query: list, given },
    { method: 'GET', path: `${root}/:id`, operation: studies.get, given },
    { method: 'GET', path: `${root}/:id/versions`, operation: studies.versions, given },
    { method: 'GET', path: `${root}/:id/versions/:version`, operation: studies.version, given },
  ]
}

const curated = '/api/v1/as-curator/studies'

/** Every method of every path of this API: what is served, and what is described. */
export const endpoints: readonly Endpoint[] = [
  {
    method: 'GET',
    path: '/api/v1/tasks',
    operation: tasks.list,
    query: ['status', 'application', 'createdBy', ...page],
  },
  { method: 'GET', path: '/api/v1/tasks/:id', operation: tasks.get, waits: true },
  { method: 'POST', path: '/api/v1/tasks/publish-versions', operation: tasks.publish, query: message },
  { method: 'GET', path: '/api/v1/tasks/publish-versions/preview', operation: tasks.preview },
  { method: 'GET', path: '/api/v1/tasks/:id/output', operation: tasks.output },
  { method: 'PUT', path: '/api/v1/tasks/:id/stop', operation: tasks.stop },
  ...reading('curator'),
  { method: 'PATCH', path: `${curated}/:id`, operation: studies.edit, body: true },
  { method: 'DELETE', path: `${curated}/:id/draft`, operation: studies.discard, success: 204 },
  { method: 'POST', path: `${curated}/:id/versions/:version/restore`, operation: studies.restore, query: message },
  {
    method: 'POST',
    path: '/api/v1/as-curator/integration/studies/:id/tasks/publish-versions',
    operation: studies.publish,
    query: message,
  },
  { method: 'POST', path: curated, operation: studyImportOperations.create, body: true, success: 201 },
  { method: 'POST', path: '/api/v1/jobs/import/study', operation: studyImportOperations.start, body: true },
  { method: 'GET', path: '/api/v1/jobs/:id/output', operation: tasks.output, given: { form: 'job' } },
  ...reading('user'),
]

/** What an operation takes from a request. @throws `malformed` */
export function inputOf({ operation, query = [], body, given }: Endpoint, request: FastifyRequest): object {
  const { headers } = request
  const parameters = queryParameters(request)
  const asked = query.flatMap(name => {
    const value = parameters[name]?.[0]
    return value === undefined ? [] : [[name, value] as const]
  })
  const conditions = operation.effect === 'read' ? { ifNoneMatch: headers['if-none-match'] } : {}
  return {
    ...(request.params as object),
    ...Object.fromEntries(asked),
    ...conditions,
    ...(headers['if-match'] !== undefined && { ifMatch: headers['if-match'] }),
    ...(body && { body: readBody(request) }),
    ...given,
  }
}

/** No bytes are no body, whatever they are called. */
function readBody(request: FastifyRequest): unknown {
  const { bytes } = rawBodyOf(request)
  return bytes.length === 0 ? undefined : readJson(bytes)
}
