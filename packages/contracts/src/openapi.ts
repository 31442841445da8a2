import { type ErrorCode, errorCatalogue } from './error.ts'
import { inputSchema, type JsonSchema, outputSchema } from './json-schema.ts'
import { commonErrors, type Operation } from './operation.ts'
import { type SchemaComponents, schemaComponents } from './schema-components.ts'

/** One route of a REST API and the operation that answers it. */
export type RouteDescription = {
  readonly method: 'get' | 'put' | 'post' | 'delete' | 'patch' | 'head' | 'options'
  /** With parameters in braces: `/releases/{kf_id}`. */
  readonly path: string
  readonly operation: Operation
  /** Input fields by the names they have in the URL, where these differ: `{ id: 'kf_id' }`. */
  readonly rename?: Readonly<Record<string, string>>
  /**
   * Names of the query parameters. Default: for `get`, every input field that is neither in the path nor the body nor
   * an object; for other methods, none.
   */
  readonly query?: readonly string[]
  /** Parameters that are no input fields, as OpenAPI writes them: headers, and queries that are read as a whole. */
  readonly parameters?: readonly JsonSchema[]
  /** Input field that is the request body, usually `body`. Absent: the request has no body, unless bytes are uploaded. */
  readonly body?: string
  /** Media types of the request body. Default: JSON; for an upload, `application/octet-stream`. */
  readonly consumes?: readonly string[]
  /** Media types of the success body. Default: JSON. A type other than JSON has no schema. */
  readonly produces?: readonly string[]
  /** `success`: with the output as its body. Others by number, with what they mean; they have no body. */
  readonly statuses: { readonly success: number; readonly [status: number]: string }
  /** JSON Schema of error bodies, where the route has another one than its API. */
  readonly errorShape?: JsonSchema
  readonly tags?: readonly string[]
  /** Default: that of the operation. */
  readonly summary?: string
  readonly description?: string
  /** Security requirements; `[]`: none needed. */
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[]
  readonly deprecated?: boolean
}

export type OpenApiOptions = {
  readonly title: string
  readonly version: string
  readonly description?: string
  /** Default: the place the document was read from. */
  readonly serverUrl?: string
  readonly routes: readonly RouteDescription[]
  /** JSON Schema of this API's error bodies; listed as `Error` among the components. */
  readonly errorShape?: JsonSchema
  /** HTTP status by which this API shows an error; `undefined`: that of the catalogue. */
  readonly errorStatus?: (code: ErrorCode) => number | undefined
  readonly securitySchemes?: Readonly<Record<string, unknown>>
  /** Path items of routes that no operation stands behind. */
  readonly otherPaths?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

type PathItem = Record<string, unknown>

/** OpenAPI 3.1 description of a REST API. Throws when a route names a field its operation does not have. */
export function openApiDocument(options: OpenApiOptions) {
  const components = schemaComponents()
  const paths: Record<string, PathItem> = {}
  const operationIds = new Set<string>()
  if (options.errorShape) components.schemas.Error = components.take(options.errorShape)

  for (const route of options.routes) {
    const item = paths[route.path] ?? {}
    if (item[route.method]) throw new Error(`described twice: ${nameOf(route)}`)
    item[route.method] = { operationId: operationId(route, operationIds), ...describe(route, options, components) }
    paths[route.path] = item
  }
  for (const [path, item] of Object.entries(options.otherPaths ?? {})) paths[path] = { ...paths[path], ...item }

  return {
    openapi: '3.1.1',
    info: {
      title: options.title,
      version: options.version,
      ...(options.description !== undefined && { description: options.description }),
    },
    servers: [{ url: options.serverUrl ?? '/' }],
    paths,
    components: {
      schemas: components.schemas,
      ...(options.securitySchemes && { securitySchemes: options.securitySchemes }),
    },
  }
}

function describe(route: RouteDescription, options: OpenApiOptions, components: SchemaComponents) {
  const input = components.take(inputSchema(route.operation))
  const parameters = parametersOf(route, input)
  const requestBody = requestBodyOf(route, input)
  return {
    summary: route.summary ?? route.operation.summary,
    ...(route.description !== undefined && { description: route.description }),
    ...(route.tags && { tags: route.tags }),
    ...(route.deprecated && { deprecated: true }),
    ...(parameters.length > 0 && { parameters }),
    ...(requestBody && { requestBody }),
    responses: { ...successOf(route, components), ...errorsOf(route, options, components) },
    ...(route.security && { security: route.security }),
  }
}

function parametersOf(route: RouteDescription, input: JsonSchema) {
  const inPath = [...route.path.matchAll(/\{([^}]+)\}/g)].map(match => match[1] as string)
  const taken = new Set([...inPath.map(name => route.rename?.[name] ?? name), route.body])
  const fields = properties(input)
  const inQuery =
    route.query ??
    (route.method === 'get'
      ? Object.keys(fields).filter(name => !taken.has(name) && fields[name]?.type !== 'object')
      : [])
  return [
    ...inPath.map(name => ({ name, in: 'path', required: true, ...parameterSchema(route, input, name) })),
    ...inQuery.map(name => {
      const required = isRequired(input, route.rename?.[name] ?? name)
      return { name, in: 'query', ...(required && { required }), ...parameterSchema(route, input, name) }
    }),
    ...(route.parameters ?? []),
  ]
}

function parameterSchema(route: RouteDescription, input: JsonSchema, name: string) {
  const { description, ...schema } = fieldOf(route, input, route.rename?.[name] ?? name)
  return { ...(description !== undefined && { description }), schema }
}

function requestBodyOf(route: RouteDescription, input: JsonSchema) {
  const uploaded = route.operation.flow === 'streamed-request'
  if (route.body === undefined && !uploaded) return undefined
  const schema = route.body === undefined ? {} : fieldOf(route, input, route.body)
  const types = route.consumes ?? [uploaded ? 'application/octet-stream' : 'application/json']
  return {
    // A body without required fields may be left out.
    required: uploaded || Array.isArray(schema.required),
    content: Object.fromEntries(types.map(type => [type, { schema }])),
  }
}

function successOf(route: RouteDescription, components: SchemaComponents) {
  const { success, ...others } = route.statuses
  const output = outputSchema(route.operation)
  const types = route.produces ?? (output ? ['application/json'] : [])
  const schema = output && components.take(output)
  const content = Object.fromEntries(types.map(type => [type, schema && isJson(type) ? { schema } : {}]))
  return {
    ...Object.fromEntries(Object.entries(others).map(([status, description]) => [status, { description }])),
    [success]: { description: 'Success', ...(types.length > 0 && { content }) },
  }
}

function errorsOf(route: RouteDescription, options: OpenApiOptions, components: SchemaComponents) {
  const schema = route.errorShape
    ? components.take(route.errorShape)
    : options.errorShape && { $ref: '#/components/schemas/Error' }
  const descriptions = new Map<number, Set<string>>()
  for (const code of new Set([...route.operation.errors, ...commonErrors])) {
    const status = options.errorStatus?.(code) ?? errorCatalogue[code].status
    descriptions.set(status, (descriptions.get(status) ?? new Set()).add(errorCatalogue[code].summary))
  }
  return Object.fromEntries(
    [...descriptions]
      // A status the route lists itself means what the route says.
      .filter(([status]) => !(status in route.statuses) && status !== route.statuses.success)
      .map(([status, texts]) => [
        status,
        { description: [...texts].join('. '), ...(schema && { content: { 'application/json': { schema } } }) },
      ]),
  )
}

/** One operation may stand behind several routes; ids have to differ. */
function operationId({ operation, method, path }: RouteDescription, used: Set<string>): string {
  const name = `${operation.service}.${operation.noun}.${operation.verb}`
  const id = used.has(name) ? `${name}:${method}:${path}` : name
  used.add(id)
  return id
}

function fieldOf(route: RouteDescription, input: JsonSchema, name: string): JsonSchema {
  const schema = properties(input)[name]
  if (!schema) throw new Error(`${nameOf(route)}: ${route.operation.subject} has no input field ${name}`)
  return schema
}

function properties(schema: JsonSchema): Readonly<Record<string, JsonSchema>> {
  return (schema.properties ?? {}) as Readonly<Record<string, JsonSchema>>
}

function isRequired(schema: JsonSchema, name: string): boolean {
  return Array.isArray(schema.required) && schema.required.includes(name)
}

function isJson(mediaType: string): boolean {
  return /^application\/(?:[^;]+\+)?json(?:;|$)/.test(mediaType)
}

function nameOf({ method, path }: RouteDescription): string {
  return `${method.toUpperCase()} ${path}`
}
