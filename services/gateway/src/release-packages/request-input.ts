import { failure } from '@slipway/contracts'
import type { FastifyRequest } from 'fastify'
import { lastValue, queryParameters } from '../http/query.ts'
import { jsonObject } from './body.ts'

/** What operations take from a request beside its path, under the names of their inputs. */

export const body = (request: FastifyRequest) => ({ body: jsonObject(request) })
export const ifMatch = ({ headers }: FastifyRequest) => ({ ifMatch: headers['if-match'] })
export const ifNoneMatch = ({ headers }: FastifyRequest) => ({ ifNoneMatch: headers['if-none-match'] })
export const conditionalBody = (request: FastifyRequest) => ({ ...body(request), ...ifMatch(request) })

/** A parameter of the query that must be there. @throws `malformed` */
export function requiredBoolean(request: FastifyRequest, name: string): boolean {
  const text = lastValue(queryParameters(request), name)
  if (text === undefined) throw failure('malformed', `Required request parameter '${name}' is not present`)
  if (!/^(?:true|false)$/i.test(text)) throw failure('malformed', `Not a boolean: '${text}'`)
  return text.toLowerCase() === 'true'
}

/** Epoch seconds of `If-Modified-Since`; one that is not readable counts as not sent. */
export function modifiedSince({ headers }: FastifyRequest): number | undefined {
  const time = Date.parse(headers['if-modified-since'] ?? '')
  return Number.isNaN(time) ? undefined : Math.floor(time / 1000)
}
