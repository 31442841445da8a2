import { type Operation, openApiDocument, type RouteDescription } from '@slipway/contracts'
import type { z } from 'zod'
import { addressOf, parametersIn } from '../api/openapi.ts'
import type { Endpoint } from './endpoint.ts'
import { endpoints } from './endpoints.ts'
import { errorShape } from './error-shape.ts'

const credentials = [{ basic: [] }, { bearer: [] }]

/** OpenAPI 3.1 description of the MLDS API, derived from the table its routes are served from. */
export function releasePackagesDocument(version: string) {
  return openApiDocument({
    title: 'Release Packages API',
    version,
    description:
      "The API of SNOMED's member licensing and distribution service (MLDS): release packages of members, their " +
      'versions and files, and the affiliates who may download them.',
    routes: endpoints.flatMap(endpoint => describeRoute(endpoint) ?? []),
    otherPaths: otherPaths(),
    errorShape,
    securitySchemes: {
      basic: { type: 'http', scheme: 'basic' },
      bearer: { type: 'http', scheme: 'bearer', description: 'An API token of the platform' },
    },
  })
}

/** What the gateway answers by itself: no operation tells of it. */
function otherPaths(): Record<string, Record<string, unknown>> {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const { method, path, audience, operation, describe = {} } of endpoints) {
    if (operation) continue
    const address = addressOf(path)
    paths[address] = {
      ...paths[address],
      [method.toLowerCase()]: {
        operationId: `gateway:${method.toLowerCase()}:${path}`,
        ...(describe.summary !== undefined && { summary: describe.summary }),
        parameters: (describe.query ?? []).map(textParameter('query')),
        responses: { [describe.success ?? 200]: { description: 'Success' } },
        security: audience === 'anyone' ? [] : credentials,
      },
    }
  }
  return paths
}

/** Undefined for what the gateway answers by itself. */
function describeRoute({ method, path, audience, operation, describe = {} }: Endpoint): RouteDescription | undefined {
  if (!operation) return undefined
  const { success = 200, others, query = method === 'GET' ? queryOf(operation, path) : [], ...more } = describe
  const fields = fieldsOf(operation)
  const isField = (name: string) => fields.includes(more.rename?.[name] ?? name)
  return {
    method: method.toLowerCase() as RouteDescription['method'],
    path: addressOf(path),
    operation,
    ...more,
    query: query.filter(isField),
    // Of a query that is read as a whole, only the names are known here.
    parameters: [...query.filter(name => !isField(name)).map(textParameter('query')), ...conditionsOf(operation)],
    statuses: { success, ...others },
    tags: [path.split('/')[2] as string],
    security: audience === 'anyone' ? [] : credentials,
  }
}

const textParameter = (place: 'query' | 'header') => (name: string) => ({ name, in: place, schema: { type: 'string' } })

/** Inputs that come from headers, under the names of these. */
const conditions: Readonly<Record<string, string>> = {
  ifMatch: 'If-Match',
  ifNoneMatch: 'If-None-Match',
  modifiedSince: 'If-Modified-Since',
}
/** What the gateway adds to a request by itself. */
const internal = ['head', ...Object.keys(conditions)]

const fieldsOf = ({ input }: Operation) => Object.keys((input as z.ZodObject).shape)

function queryOf(operation: Operation, path: string): string[] {
  const inPath = parametersIn(path)
  return fieldsOf(operation).filter(name => !inPath.includes(name) && !internal.includes(name))
}

function conditionsOf(operation: Operation) {
  return fieldsOf(operation)
    .flatMap(name => conditions[name] ?? [])
    .map(textParameter('header'))
}
