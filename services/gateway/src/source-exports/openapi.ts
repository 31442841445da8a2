import {
  conceptOperations,
  exportOperations,
  type JsonSchema,
  mappingOperations,
  type Operation,
  openApiDocument,
  orgMemberOperations,
  orgOperations,
  type RouteDescription,
  sourceOperations,
  sourceVersionOperations,
} from '@slipway/contracts'
import { addressOf, bodyTypes, parameter } from '../api/openapi.ts'
import { type Entry, ownedEntries, rootEntries } from './table.ts'

const credentials = [{ token: [] }]

const query = (name: string, description: string) => parameter('query', name, description)
const integer = (name: string, description: string) => parameter('query', name, description, { type: 'integer' })

const compress = parameter('header', 'Compress', '`true`: the answer as the entry `export.json` of a zip archive')
const limit = integer('limit', 'Rows a page, default 10; 0: all of them')
const pages = [limit, integer('page', 'From 1'), compress]
const retired = query('includeRetired', '`true`: retired ones, too')
const since = query('updatedSince', 'Only what changed at this time (ISO 8601, UTC unless it says) or later')
const sorted = [
  query('sortAsc', '`id`, `name`, `lastUpdate`, `conceptClass`, `datatype`, `mapType`, `fromConcept` or `toConcept`'),
  query('sortDesc', 'The same, the greatest first'),
]
const found = [query('q', 'Part of an id or a name'), retired, since, ...sorted, ...pages]
const concepts = [query('conceptClass', 'One or more, with commas'), query('datatype', 'The same'), ...found]
const mappings = [
  query('mapType', 'One or more, with commas'),
  query('fromConcept', 'Code or URL of a concept'),
  query('toConcept', 'The same'),
  ...found,
]
const diff = [
  query('includeConcepts', '`true`: with an array `concepts`, its rows as in exports'),
  query('includeMappings', '`true`: with an array `mappings`, its rows as in exports'),
  retired,
  since,
  integer('limit', 'Rows of each array, default 10; 0: all of them'),
  integer('offset', 'Rows of each array to leave out, oldest change first'),
  compress,
]
const conditions = [
  parameter('header', 'Range', 'One range of bytes'),
  parameter('header', 'If-None-Match', 'An `ETag`'),
]

/** What operations take beside their path and body, by what they are. */
const parametersOf = new Map<Operation, readonly JsonSchema[]>([
  [sourceOperations.list, pages],
  [sourceOperations.get, diff],
  [
    sourceVersionOperations.list,
    [
      query('released', '`true` or `false`'),
      query('processing', '`true` or `false`'),
      query('verbose', '`true`: with all fields'),
      ...pages,
    ],
  ],
  [sourceVersionOperations.get, diff],
  [conceptOperations.list, concepts],
  [
    conceptOperations.get,
    [
      query('includeMappings', '`true`: with the mappings that lead from it'),
      query('includeInverseMappings', '`true`: with those that lead to it, too'),
      compress,
    ],
  ],
  [conceptOperations.versions, pages],
  [mappingOperations.list, mappings],
  [mappingOperations.versions, pages],
  [mappingOperations.ofConcept, [query('includeInverseMappings', '`true`: those that lead to it, too'), ...mappings]],
  [orgOperations.list, pages],
  [orgMemberOperations.list, pages],
  [exportOperations.get, [query('includeRetired', '`false`: without what is retired'), ...conditions]],
  [
    exportOperations.download,
    [query('expires', 'From `exportURL`'), query('signature', 'From `exportURL`'), ...conditions],
  ],
])

/** Statuses that mean something of their own. */
const statusesOf = new Map<Operation, RouteDescription['statuses']>([
  [
    exportOperations.get,
    {
      success: 200,
      204: 'There is none yet; it is made now',
      206: 'A part of the archive',
      208: 'It is being made',
      304: 'Not modified',
    },
  ],
  [exportOperations.download, { success: 200, 206: 'A part of the archive', 304: 'Not modified' }],
  [exportOperations.start, { success: 202 }],
])

/** OpenAPI 3.1 description of the Open Concept Lab API, derived from the table its routes are served from. */
export function sourceExportsDocument(version: string) {
  return openApiDocument({
    title: 'Source Exports API',
    version,
    description:
      'The API of the Open Concept Lab: sources of concepts and mappings, their versions, and exports of those to ' +
      'subscribe to. Every path works with and without the slash at its end; `/user` stands for the caller.',
    routes: [
      ...rootEntries.flatMap(entry => routesOf(entry, '', {})),
      ...ownedEntries.flatMap(entry => routesOf(entry, '/orgs/:org', { org: 'owner' })),
      ...ownedEntries.flatMap(entry => routesOf(entry, '/users/:user', { user: 'owner' })),
      ...ownedEntries.flatMap(entry => routesOf(entry, '/user', {})),
      ...(['org', 'user'] as const).flatMap(owner => downloadOf(owner)),
      ...routesOf({ path: '/orgs/:org/members', methods: { GET: orgMemberOperations.list } }, '', {}),
      ...routesOf({ path: '/users/:user/orgs', methods: { GET: orgOperations.list } }, '', { user: 'member' }),
      ...routesOf({ path: '/user/orgs', methods: { GET: orgOperations.list } }, '', {}),
      ...routesOf(
        {
          path: '/orgs/:org/members/:user',
          methods: {
            GET: orgMemberOperations.get,
            PUT: orgMemberOperations.add,
            DELETE: orgMemberOperations.remove,
          },
        },
        '',
        { user: 'member' },
      ),
    ],
    errorShape: {
      description: 'Lists of texts by field, of the whole under `__all__`; or one text under `detail`',
      type: 'object',
      properties: { detail: { type: 'string' } },
    },
    securitySchemes: {
      token: { type: 'apiKey', in: 'header', name: 'Authorization', description: '`Token ` and an API token' },
    },
    otherPaths: userPaths,
  })
}

function routesOf({ path, methods }: Entry, prefix: string, rename: Readonly<Record<string, string>>) {
  const whole = addressOf(`${prefix}${path}/`)
  return Object.entries(methods).map(([method, operation]): RouteDescription => {
    const takesBody = operation.verb === 'create' || operation.verb === 'update'
    const isArchive = operation === exportOperations.get || operation === exportOperations.download
    return {
      method: method.toLowerCase() as RouteDescription['method'],
      path: whole,
      operation,
      rename,
      query: [],
      parameters: parametersOf.get(operation) ?? (operation.effect === 'read' ? [compress] : []),
      ...(takesBody && { body: 'body', consumes: bodyTypes }),
      ...(isArchive && { produces: ['application/zip'] }),
      statuses: statusesOf.get(operation) ?? { success: successOf(operation) },
      tags: [operation.noun],
      security: operation === exportOperations.download || operation.effect === 'read' ? [] : credentials,
    }
  })
}

const emptyVerbs: readonly string[] = ['reactivate', 'delete', 'retire', 'add', 'remove']

function successOf({ noun, verb }: Operation): number {
  if (emptyVerbs.includes(verb) || (noun === 'org-member' && verb === 'get')) return 204
  return verb === 'create' ? 201 : 200
}

function downloadOf(owner: 'org' | 'user') {
  const path = `/${owner}s/:${owner}/sources/:source/:version/export/:file`
  return routesOf({ path, methods: { GET: exportOperations.download } }, '', { [owner]: 'owner' })
}

const described = (summary: string, success: number, isOpen = false) => ({
  summary,
  tags: ['user'],
  security: isOpen ? [] : credentials,
  responses: { [success]: { description: 'Success' } },
})
const user = [{ name: 'user', in: 'path', required: true, schema: { type: 'string' } }]

/** Users are accounts of the gateway: no operation stands behind them. */
const userPaths = {
  '/users/login/': { post: described('Gives the token of `username` and `password`', 200, true) },
  '/users/': { get: described('Lists users', 200, true), post: described('Makes a user', 201) },
  '/user/': { get: described('Who calls', 200) },
  '/users/{user}/': {
    parameters: user,
    get: described('Reads a user', 200, true),
    delete: described('Deactivates a user', 204),
  },
  '/users/{user}/reactivate/': { parameters: user, put: described('Lets a user in again', 204) },
}
