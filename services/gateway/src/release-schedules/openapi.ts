import {
  type JsonSchema,
  type Operation,
  openApiDocument,
  type RouteDescription,
  releaseTemplateOperations,
  scheduleOperations,
  scheduleResource,
} from '@slipway/contracts'
import { z } from 'zod'
import { bodyTypes, parameter } from '../api/openapi.ts'
import { type Resource, resources } from './resource.ts'

const base = '/rest_api/v1'
const credentials = [{ token: [] }]

const fields = [
  parameter('query', 'fields', 'Show only these fields, separated by commas'),
  parameter('query', 'exclude_fields', 'Leave these fields out'),
]
const ordering = parameter('query', 'ordering', 'Fields, also of relations (`sla__name`), a `-` before descending ones')
const pages = [
  parameter('query', 'page', 'From 1, or `last`; default 1'),
  parameter('query', 'page_size', '1 to 100, default 20; 0: everything at once, as a bare list', { type: 'integer' }),
]
const comment = parameter('header', 'PDC-Change-Comment', 'Kept in the changeset')
const unmodified = parameter('header', 'If-Unmodified-Since', 'Refuse with 412 if something related changed later')
const modified = parameter('header', 'If-Modified-Since', 'Answer 304 unless something related changed later')

const filtersOf = ({ resource }: Resource) =>
  resource.filters.map(name => parameter('query', name, `Filter by ${name.replaceAll('_', ' ')}`))

/** OpenAPI 3.1 description of the PDC API, derived from the table its routes are served from. */
export function releaseSchedulesDocument(version: string) {
  return openApiDocument({
    title: 'Release Schedules API',
    version,
    description:
      'The API of PDC, the Product Definition Center: until when each release follows which service level, and what ' +
      'releases refer to. Unknown parameters and fields are errors. Changes of many objects are all or nothing.',
    routes: [
      ...resources.flatMap(resource => [...listRoutes(resource), ...itemRoutes(resource)]),
      calendar(),
      ...releaseTemplate(),
    ],
    errorShape: {
      description: 'Texts by field, or a text or texts about the whole under `detail`',
      type: 'object',
      properties: {
        detail: {},
        id_of_invalid_data: { description: 'The first object that is wrong' },
        invalid_data: {},
      },
    },
    securitySchemes: {
      token: { type: 'apiKey', in: 'header', name: 'Authorization', description: '`Token ` and an API token' },
      basic: { type: 'http', scheme: 'basic', description: 'Login and password, where tokens are made' },
    },
    otherPaths,
  })
}

function listRoutes(listed: Resource): RouteDescription[] {
  const { resource, operations } = listed
  const { list, all, create, createMany, replaceMany, updateMany, deleteMany } = operations
  const route = routeOf(`${base}/${resource.segment}/`, listed)
  return [
    ...(list && all
      ? route('get', oneOf(list, all), 200, [...filtersOf(listed), ordering, ...pages, ...fields, modified])
      : []),
    ...(create && createMany ? route('post', oneOf(create, createMany), 201, [comment, ...fields]) : []),
    ...route('put', replaceMany, 200, [comment, unmodified, ...fields]),
    ...route('patch', updateMany, 200, [comment, unmodified, ...fields]),
    ...route('delete', deleteMany, 204, [comment]),
  ]
}

function itemRoutes(item: Resource): RouteDescription[] {
  const { resource, operations } = item
  const route = routeOf(`${base}/${resource.segment}/{key}/`, item)
  return [
    ...route('get', operations.get, 200, [...fields, modified]),
    ...route('put', operations.replace, 200, [comment, unmodified, ...fields]),
    ...route('patch', operations.update, 200, [comment, unmodified, ...fields]),
    ...route('delete', operations.delete, 204, [comment]),
  ]
}

function routeOf(path: string, { resource }: Resource) {
  return (
    method: RouteDescription['method'],
    operation: Operation | undefined,
    success: number,
    parameters: readonly JsonSchema[],
  ): RouteDescription[] => {
    if (!operation) return []
    const takesBody = 'body' in shapeOf(operation)
    return [
      {
        method,
        path,
        operation,
        query: [],
        parameters,
        ...(takesBody && { body: 'body', consumes: bodyTypes }),
        statuses: { success, ...(method === 'get' && { 304: 'Not modified' }) },
        tags: [resource.segment],
        security: operation.effect === 'read' ? [] : credentials,
      },
    ]
  }
}

function shapeOf({ input }: Operation): Readonly<Record<string, z.ZodType>> {
  return (input as z.ZodObject).shape as Readonly<Record<string, z.ZodType>>
}

/** A method behind which two operations stand: one object or a list, told apart by the body or by the page size. */
function oneOf(one: Operation, many: Operation): Operation {
  const bodies = [one, many].flatMap(operation => {
    const { body } = shapeOf(operation)
    return body ? [body.meta() as JsonSchema] : []
  })
  const body = z.unknown().meta({ oneOf: bodies })
  return {
    ...one,
    input: bodies.length > 0 ? z.object({ ...shapeOf(one), body }) : one.input,
    output: z.union([one.output, many.output]),
  }
}

function calendar(): RouteDescription {
  return {
    method: 'get',
    path: `${base}/${scheduleResource.segment}.ics`,
    operation: scheduleOperations.calendar,
    query: [],
    parameters: resources.filter(({ resource }) => resource === scheduleResource).flatMap(filtersOf),
    produces: ['text/calendar'],
    statuses: { success: 200, 304: 'Not modified' },
    tags: [scheduleResource.segment],
    security: [],
  }
}

function releaseTemplate(): RouteDescription[] {
  const { get, put, delete: remove } = releaseTemplateOperations
  const common = {
    path: `${base}/${scheduleResource.segment}/{schedule}/release-template/`,
    query: [],
    tags: [scheduleResource.segment],
  }
  return [
    { ...common, method: 'get', operation: get, statuses: { success: 200 }, security: [] },
    { ...common, method: 'put', operation: put, body: 'body', statuses: { success: 200 }, security: credentials },
    { ...common, method: 'delete', operation: remove, statuses: { success: 204 }, security: credentials },
  ]
}

function accountItem(summary: string, description: string) {
  const content = { 'application/json': { schema: { type: 'object' } } }
  return {
    summary,
    tags: ['auth'],
    security: [...credentials, { basic: [] }],
    responses: { 200: { description, content } },
  }
}

const otherPaths = {
  [`${base}/`]: { get: { summary: 'Where the lists are', responses: { 200: { description: 'Addresses by name' } } } },
  [`${base}/release-variants/`]: {
    get: { summary: 'There are none', responses: { 200: { description: 'An empty list' } } },
  },
  [`${base}/auth/token/obtain/`]: { get: accountItem('A token for this caller', '`{"token": …}`') },
  [`${base}/auth/token/refresh/`]: { put: accountItem('A new token in place of the one sent', '`{"token": …}`') },
  [`${base}/auth/current-user/`]: { get: accountItem('Who the caller is', 'Names, groups and permissions') },
}
