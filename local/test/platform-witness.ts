import { fastify } from 'fastify'

export type Witnessed = { readonly task: string; readonly body: unknown; readonly authorization: string | undefined }

/** The two calls that task services make to the platform, over real HTTP, with a book of what was reported. */
export async function platformWitness(version: string) {
  const reports: Witnessed[] = []
  /** Answers of the next reports; after them 200. */
  const faults: number[] = []
  const server = fastify({ forceCloseConnections: true })
  server.patch<{ Params: { id: string } }>('/tasks/:id', (request, reply) => {
    const fault = faults.shift()
    if (fault !== undefined) return reply.code(fault).send({ detail: 'not now' })
    reports.push({ task: request.params.id, body: request.body, authorization: request.headers.authorization })
    return { kf_id: request.params.id }
  })
  server.get<{ Params: { id: string } }>('/releases/:id', request => ({ kf_id: request.params.id, version }))
  const url = await server.listen({ port: 0, host: '127.0.0.1' })
  return { url, reports, faults, [Symbol.asyncDispose]: () => server.close() }
}
