import type { JsonSchema } from '@slipway/contracts'

/** A parameter of an OpenAPI document: a text, unless `schema` says otherwise. Those in the path are required. */
export const parameter = (
  place: 'path' | 'query' | 'header',
  name: string,
  description: string,
  schema: JsonSchema = {},
) => ({
  in: place,
  name,
  ...(place === 'path' && { required: true }),
  description,
  schema: { type: 'string', ...schema },
})

/** The address of a route as OpenAPI writes it: `/tasks/{kf_id}` for `/tasks/:kf_id`. */
export const addressOf = (path: string): string => path.replaceAll(parameterName, '{$1}')

/** Names of the parameters in the path of a route. */
export const parametersIn = (path: string): string[] =>
  [...path.matchAll(parameterName)].map(([, name]) => name as string)

const parameterName = /:(\w+)/g

/** What bodies are where both JSON and forms are read. */
export const bodyTypes = ['application/json', 'application/x-www-form-urlencoded', 'multipart/form-data']
