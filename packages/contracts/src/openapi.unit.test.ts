import { Validator } from '@seriousme/openapi-schema-validator'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { openApiDocument, type RouteDescription } from './openapi.ts'
import { operation } from './operation.ts'
import { releaseOperations } from './release-coordinator/release.ts'
import { taskOperations } from './release-coordinator/task.ts'

const routes: RouteDescription[] = [
  { method: 'get', path: '/releases', operation: releaseOperations.list, statuses: { success: 200 } },
  {
    method: 'post',
    path: '/releases',
    operation: releaseOperations.create,
    body: 'body',
    consumes: ['application/json', 'application/x-www-form-urlencoded'],
    statuses: { success: 201 },
    tags: ['releases'],
    security: [{ bearer: [] }],
  },
  {
    method: 'get',
    path: '/releases/{id}',
    rename: { id: 'kf_id' },
    operation: releaseOperations.get,
    statuses: { success: 200, 304: 'Not modified' },
    security: [],
  },
  {
    method: 'patch',
    path: '/tasks/{kf_id}',
    operation: taskOperations.update,
    body: 'body',
    statuses: { success: 200 },
  },
]

const errorShape = { type: 'object', properties: { detail: { type: 'string' } } }

function documentOf(more: RouteDescription[] = []) {
  return openApiDocument({
    title: 'Release Coordinator',
    version: '1.0.0',
    routes: [...routes, ...more],
    errorShape,
    errorStatus: code => (code === 'unauthenticated' ? 403 : undefined),
    securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
    otherPaths: { '/': { get: { responses: { 200: { description: 'Addresses of the lists' } } } } },
  })
}

/** What stands at a path of a document, read as a client reads it: as plain JSON. */
function at(document: object, ...path: (string | number)[]): unknown {
  let node: unknown = JSON.parse(JSON.stringify(document))
  for (const key of path) node = (node as Record<string | number, unknown> | undefined)?.[key]
  return node
}

async function validate(document: object) {
  const validator = new Validator()
  return { ...(await validator.validate(at(document) as Record<string, unknown>)), validator }
}

describe('openApiDocument', () => {
  it('is a valid OpenAPI 3.1 document whose references resolve', async () => {
    const { validator, ...result } = await validate(documentOf())
    expect(result).toEqual({ valid: true })
    expect(validator.version).toBe('3.1')
    expect(() => validator.resolveRefs()).not.toThrow()
  })

  it('is refused by the validator when it is wrong', async () => {
    const document = documentOf()
    Object.assign(document.paths['/releases'] ?? {}, { get: { parameters: [{ name: 'x', in: 'nowhere' }] } })
    expect(await validate(document)).toMatchObject({ valid: false })
  })

  it('lists named schemas once and refers to them', () => {
    const document = documentOf()
    expect(Object.keys(document.components.schemas).sort()).toEqual(['Error', 'Release', 'ReleaseNote', 'Task'])
    expect(
      at(document, 'paths', '/releases/{id}', 'get', 'responses', '200', 'content', 'application/json', 'schema'),
    ).toEqual({ $ref: '#/components/schemas/Release' })
    const release = at(document, 'components', 'schemas', 'Release') as object
    expect(at(release, 'properties', 'tasks', 'items')).toEqual({ $ref: '#/components/schemas/Task' })
    expect(at(release, 'properties', 'version', 'examples')).toEqual(['0.7.0'])
    expect(at(document, 'components', 'schemas', 'Error')).toEqual(errorShape)
  })

  it('takes query parameters of a list from its input, without those that clients do not send', () => {
    expect(at(documentOf(), 'paths', '/releases', 'get', 'parameters')).toEqual([
      { name: 'limit', in: 'query', schema: { type: 'integer', minimum: 1, default: 10 } },
      { name: 'offset', in: 'query', schema: { type: 'integer', minimum: 0, default: 0 } },
      { name: 'state', in: 'query', schema: { type: 'string' } },
    ])
  })

  it('describes path parameters under the names they have in the URL', () => {
    expect(at(documentOf(), 'paths', '/releases/{id}', 'get', 'parameters')).toEqual([
      { name: 'id', in: 'path', required: true, schema: { type: 'string', maxLength: 1024 } },
    ])
  })

  it('describes bodies field by field, required only where a field is', () => {
    const requestBody = at(documentOf(), 'paths', '/releases', 'post', 'requestBody') as object
    expect(at(requestBody, 'required')).toBe(true)
    expect(Object.keys(at(requestBody, 'content') as object)).toEqual([
      'application/json',
      'application/x-www-form-urlencoded',
    ])
    expect(at(requestBody, 'content', 'application/json', 'schema')).toMatchObject({
      required: ['name', 'studies'],
      properties: { name: { type: 'string', maxLength: 256, minLength: 1 } },
    })
    expect(at(documentOf(), 'paths', '/tasks/{kf_id}', 'patch', 'requestBody', 'required')).toBe(false)
  })

  it('maps errors to the statuses of the API and keeps what the route says of a status', () => {
    const responses = at(documentOf(), 'paths', '/releases', 'post', 'responses') as object
    expect(Object.keys(responses)).toEqual(['201', '400', '403', '422', '500', '503', '504'])
    expect(at(responses, '403', 'content', 'application/json', 'schema')).toEqual({
      $ref: '#/components/schemas/Error',
    })
    expect(at(documentOf(), 'paths', '/releases/{id}', 'get', 'responses', '304')).toEqual({
      description: 'Not modified',
    })
  })

  it('describes bytes by their media type alone', async () => {
    const file = operation('exporter.import.create', {
      summary: 'Reads a file',
      effect: 'write',
      flow: 'streamed-request',
      input: z.object({ name: z.string() }),
      output: z.void(),
    })
    const document = documentOf([
      { method: 'put', path: '/files/{name}', operation: file, consumes: ['text/csv'], statuses: { success: 204 } },
    ])
    const put = at(document, 'paths', '/files/{name}', 'put') as object
    expect(at(put, 'requestBody')).toEqual({ required: true, content: { 'text/csv': { schema: {} } } })
    expect(at(put, 'responses', '204')).toEqual({ description: 'Success' })
    expect(await validate(document)).toMatchObject({ valid: true })
  })

  it('gives every route of one operation its own id', () => {
    const document = documentOf([
      { method: 'get', path: '/latest/{kf_id}', operation: releaseOperations.get, statuses: { success: 200 } },
    ])
    expect(at(document, 'paths', '/releases/{id}', 'get', 'operationId')).toBe('coordinator.release.get')
    expect(at(document, 'paths', '/latest/{kf_id}', 'get', 'operationId')).toBe(
      'coordinator.release.get:get:/latest/{kf_id}',
    )
  })

  it('refuses routes that do not fit their operation', () => {
    const wrong = (route: Partial<RouteDescription>) => () =>
      documentOf([{ ...(routes[3] as RouteDescription), path: '/x/{kf_id}', ...route }])
    expect(wrong({ path: '/x/{id}' })).toThrow(
      'PATCH /x/{id}: slipway.v1.coordinator.task.update has no input field id',
    )
    expect(wrong({ body: 'content' })).toThrow('has no input field content')
    expect(wrong({ query: ['limit'] })).toThrow('has no input field limit')
    expect(wrong({ path: '/tasks/{kf_id}' })).toThrow('described twice: PATCH /tasks/{kf_id}')
  })
})
