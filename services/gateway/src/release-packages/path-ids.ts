import { failure } from '@slipway/contracts'
import type { FastifyRequest } from 'fastify'

const greatest = 2n ** 63n - 1n

/**
 * The parameters of a path; those whose name ends in `Id` are 64-bit integers.
 * @throws `malformed` for what is no such number, `not_found` for one that no id can be
 */
export function pathParameters(request: FastifyRequest): Record<string, string | number> {
  const parameters: Record<string, string | number> = {}
  for (const [name, text] of Object.entries(request.params as Record<string, string>)) {
    parameters[name] = name.endsWith('Id') ? entityIdOf(text) : text
  }
  return parameters
}

function entityIdOf(text: string): number {
  const value = /^[+-]?\d{1,20}$/.test(text) ? BigInt(text.replace('+', '')) : undefined
  if (value === undefined || value > greatest || value < -greatest - 1n) {
    throw failure('malformed', `Not an id: '${text}'`)
  }
  if (value < 0n || value > Number.MAX_SAFE_INTEGER) throw failure('not_found', 'Not Found')
  return Number(value)
}
