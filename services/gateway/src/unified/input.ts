import { type ErrorDetail, failure, invalid, type Operation, readBySchema } from '@slipway/contracts'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { readJson } from '../http/json-body.ts'
import { queryParameters } from '../http/query.ts'
import { mediaType, rawBodyOf } from '../http/raw-body.ts'

/** Fields of an input that are sent in other ways than as parameters of the query. */
const apart = new Set(['body', 'if_match'])
const bodyTypes: Readonly<Record<string, readonly string[]>> = {
  POST: ['application/json'],
  PATCH: ['application/merge-patch+json', 'application/json'],
}

/**
 * The input of an operation as a request sends it: the path's and the query's parameters under their names, the body
 * under `body`, the condition under `if_match`.
 * @throws `invalid` with all that is wrong; `malformed`, `unsupported_media_type` for bodies
 */
export function inputOf({ input }: Operation, request: FastifyRequest): Record<string, unknown> {
  const { shape } = input as z.ZodObject
  const path = request.params as Record<string, string>
  const given: Record<string, unknown> = { ...path, ...queryOf(shape, request, Object.keys(path)) }
  if ('if_match' in shape && request.headers['if-match'] !== undefined) given.if_match = request.headers['if-match']
  if ('body' in shape) given.body = bodyOf(request)
  const result = readBySchema(input, given)
  if (result.success) return given
  throw invalid(
    result.error.issues.flatMap(issue => {
      const at = issue.path.map(part => (typeof part === 'number' ? part : String(part)))
      // One entry a field that is not known, so that each has its pointer.
      const unknown = issue.code === 'unrecognized_keys' ? issue.keys : [undefined]
      return unknown.map((key): ErrorDetail => {
        if (key === undefined) return { path: at, reason: issue.code ?? 'invalid', message: issue.message }
        return { path: [...at, key], reason: 'unknown_field', message: 'There is no such field.' }
      })
    }),
  )
}

function queryOf(shape: z.ZodObject['shape'], request: FastifyRequest, path: readonly string[]) {
  const known = Object.keys(shape).filter(name => !apart.has(name) && !path.includes(name))
  const parameters = queryParameters(request)
  const unknown = Object.keys(parameters).filter(name => !known.includes(name))
  if (unknown.length > 0) {
    const message = known.length > 0 ? `Known parameters: ${known.join(', ')}.` : 'This address takes no parameters.'
    throw invalid(unknown.map(name => ({ path: [name], reason: 'unknown_parameter', message })))
  }
  return Object.fromEntries(
    Object.entries(parameters).map(([name, values]) => [name, read(shape[name] as z.ZodType, values)]),
  )
}

/** Texts of a query as the values that a field takes; what cannot be one is left as it is, to be refused. */
function read(schema: z.ZodType, values: readonly string[]): unknown {
  const type = bare(schema)
  if (type instanceof z.ZodArray) {
    const items = values.flatMap(value => value.split(','))
    return items.map(item => readOne(bare(type.element as z.ZodType), item))
  }
  return readOne(type, values.at(-1) ?? '')
}

function readOne(type: z.ZodType, text: string): unknown {
  if (type instanceof z.ZodBoolean) return text === 'true' ? true : text === 'false' ? false : text
  if (type instanceof z.ZodNumber) return /^-?\d{1,15}$/.test(text) ? Number(text) : text
  return text
}

function bare(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodDefault || schema instanceof z.ZodOptional ? bare(schema.unwrap() as z.ZodType) : schema
}

function bodyOf(request: FastifyRequest): unknown {
  const { bytes, contentType } = rawBodyOf(request)
  const types = bodyTypes[request.method] ?? []
  const type = mediaType(contentType)
  if (bytes.length === 0) throw failure('malformed', 'The request needs a body: JSON.')
  if (type !== '' && !types.includes(type)) {
    throw failure('unsupported_media_type', `Bodies are ${types.join(' or ')}, not ${contentType}.`)
  }
  return readJson(bytes)
}
