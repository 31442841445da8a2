import type { FastifyRequest } from 'fastify'

/** Every value of every query parameter, in the order sent. */
export type QueryParameters = Record<string, string[]>

export function queryParameters(request: FastifyRequest): QueryParameters {
  const parameters: QueryParameters = Object.create(null)
  const given = request.query as Record<string, string | string[]>
  for (const name in given) {
    const value = given[name] as string | string[]
    parameters[name] = Array.isArray(value) ? value : [value]
  }
  return parameters
}

/** Of a parameter that was given more than once, the last value. */
export function lastValue(parameters: QueryParameters, name: string): string | undefined {
  return parameters[name]?.at(-1)
}
