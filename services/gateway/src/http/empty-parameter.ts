import type { FastifyRequest } from 'fastify'

/** True for `/tasks/` where the router took the nothing behind the slash for an id: such a path does not exist. */
export function hasEmptyParameter(request: FastifyRequest): boolean {
  const parameters = request.params as Record<string, string>
  for (const name in parameters) if (parameters[name] === '') return true
  return false
}
