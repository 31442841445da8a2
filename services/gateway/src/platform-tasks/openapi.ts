import { openApiDocument, type RouteDescription } from '@slipway/contracts'
import { addressOf } from '../api/openapi.ts'
import { type Endpoint, endpoints } from './endpoints.ts'
import { errorShape } from './error-shape.ts'

const header = (name: string, description: string) => ({ type: 'apiKey', in: 'header', name, description })

/** OpenAPI 3.1 description of the tasks API of ODM, derived from the table its routes are served from. */
export function platformTasksDocument(version: string) {
  return openApiDocument({
    title: 'Tasks API',
    version,
    description:
      'The tasks API of Genestack ODM: any asynchronous job of the platform by its id, and publishing the metadata of ' +
      'studies, with what belongs to it: drafts, versions, import.',
    routes: endpoints.map(describe),
    errorShape,
    securitySchemes: {
      'Access-token': header('Authorization', 'A token, bare or with `Bearer` in front'),
      'Genestack-API-Token': header('Genestack-API-Token', 'An API token'),
    },
  })
}

function describe({ method, path, operation, query = [], body, success = 200 }: Endpoint): RouteDescription {
  return {
    method: method.toLowerCase() as RouteDescription['method'],
    path: addressOf(path),
    operation,
    query,
    ...(body && { body: 'body' }),
    statuses: { success },
    tags: [path.split('/')[3] as string],
    security: [{ 'Access-token': [] }, { 'Genestack-API-Token': [] }],
  }
}
