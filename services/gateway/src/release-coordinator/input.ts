import { failure, invalid, type Operation, unfitText } from '@slipway/contracts'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { lastValue, queryParameters } from '../http/query.ts'

/** What the URL gives to an operation: ids from the path and, for lists, paging, filters and all parameters for links. */
export type InputReader = (request: FastifyRequest) => Record<string, unknown>

const longestId = 1024
/** A wrong page is never an error: the default applies. */
const paging = new Set(['limit', 'offset'])

/** Prepares the reading of an operation's input. */
export function inputReader(operation: Operation): InputReader {
  const names = operation.input instanceof z.ZodObject ? Object.keys(operation.input.shape) : []
  if (!names.includes('parameters')) return request => ids(request)
  const filters = names.filter(name => name !== 'parameters' && name !== 'kf_id')
  return request => {
    const parameters = queryParameters(request)
    const input: Record<string, unknown> = { ...ids(request), parameters }
    for (const name of filters) {
      const value = lastValue(parameters, name)
      const unfit = paging.has(name) ? undefined : unfitText(value ?? '')
      if (unfit) throw invalid([{ path: [name], ...unfit }])
      input[name] = value
    }
    return input
  }
}

function ids(request: FastifyRequest): Record<string, string> {
  const parameters = request.params as Record<string, string>
  for (const name in parameters) {
    const id = parameters[name] as string
    if (id.length > longestId || id.includes('\u{fffd}')) throw failure('not_found', 'Not found.')
  }
  return parameters
}
