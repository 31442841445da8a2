import { commonErrors, errorCatalogue, type JsonSchema, jsonSchema, schemaComponents } from '@slipway/contracts'
import { z } from 'zod'
import { addressOf, parametersIn } from '../api/openapi.ts'
import type { UnifiedRoute } from './route.ts'
import { unifiedRoutes } from './routes.ts'

const problemSchema: JsonSchema = {
  type: 'object',
  description: 'A failure, by RFC 9457',
  properties: {
    type: { type: 'string', format: 'uri', description: 'Address of the description of the code' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string', enum: Object.keys(errorCatalogue) },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          pointer: { type: 'string', description: 'To the field of the body' },
          parameter: { type: 'string', description: 'Of path, query or headers' },
          code: { type: 'string' },
          detail: { type: 'string' },
        },
        required: ['code', 'detail'],
      },
    },
    trace_id: { type: 'string', description: 'Under which the log says more' },
  },
  required: ['type', 'title', 'status', 'detail', 'code', 'trace_id'],
}

/** OpenAPI 3.1 description of `/v1`, from its routes. */
export function unifiedDocument(version: string) {
  const components = schemaComponents()
  const schemaOf = (schema: z.ZodType, side: 'input' | 'output') => components.take(jsonSchema(schema, side))

  function describe({ method, path, operation, status = method === 'POST' ? 201 : 200 }: UnifiedRoute) {
    const { shape } = operation.input as z.ZodObject
    const { properties = {}, required = [] } = schemaOf(
      z.object({ ...shape, body: z.unknown().optional() }),
      'input',
    ) as {
      properties?: Record<string, JsonSchema>
      required?: string[]
    }
    const inPath = parametersIn(path)
    const parameters = Object.entries(properties)
      .filter(([name]) => name !== 'body')
      .map(([name, schema]) => {
        if (name === 'if_match') return { name: 'If-Match', in: 'header', schema }
        const place = inPath.includes(name) ? 'path' : 'query'
        return { name, in: place, required: place === 'path' || required.includes(name), schema }
      })
    const statuses = Map.groupBy([...operation.errors, ...commonErrors], code => errorCatalogue[code].status)
    const failures = [...statuses].map(([status, codes]) => [
      status,
      {
        description: codes.map(code => errorCatalogue[code].summary).join('. '),
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    ])
    const body = shape.body && {
      requestBody: {
        required: true,
        content: { 'application/json': { schema: schemaOf(shape.body as z.ZodType, 'input') } },
      },
    }
    return {
      operationId: `${operation.noun}.${operation.verb}`,
      summary: operation.summary,
      parameters,
      ...body,
      responses: {
        [status]: {
          description: 'Done',
          content: { 'application/json': { schema: schemaOf(operation.output, 'output') } },
        },
        ...Object.fromEntries(failures),
      },
    }
  }

  const paths = Object.fromEntries(
    [...Map.groupBy(unifiedRoutes, ({ path }) => path)].map(([path, routes]) => [
      `/v1${addressOf(path)}`,
      Object.fromEntries(routes.map(route => [route.method.toLowerCase(), describe(route)])),
    ]),
  )
  return {
    openapi: '3.1.1',
    info: { title: 'Slipway', version, description: 'The API of the platform itself, in one style.' },
    servers: [{ url: '/' }],
    security: [{}, { bearer: [] }],
    paths,
    components: {
      schemas: { ...components.schemas, Problem: problemSchema },
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
    },
  }
}
