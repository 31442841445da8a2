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
