import { fastify } from 'fastify'
import { z } from 'zod'

/** A study as the Kids First dataservice shows it. */
export type Study = {
  readonly kf_id: string
  readonly name: string
  readonly visible: boolean
  readonly created_at: string
}

export type DataService = AsyncDisposable & {
  /** What `DATASERVICE_URL` is set to. */
  readonly url: string
  readonly close: () => Promise<void>
}

const querySchema = z.object({
  limit: z.coerce.number().int().min(1).default(10),
  after: z.string().optional(),
})

/**
 * A source of studies in the way of the Kids First dataservice: `GET /studies?limit=100`, pages linked by `_links.next`.
 * `pageSize` is the most that it gives at once.
 */
export async function startDataService(
  studies: readonly Study[],
  { pageSize = 100, port = 0 } = {},
): Promise<DataService> {
  const server = fastify({ forceCloseConnections: true })
  server.get('/studies', (request, reply) => {
    const query = querySchema.safeParse(request.query)
    if (!query.success) return reply.code(400).send({ message: 'limit must be a number above 0' })
    const limit = Math.min(query.data.limit, pageSize)
    const from = studies.findIndex(study => study.kf_id === query.data.after) + 1
    const results = studies.slice(from, from + limit)
    const last = results.at(-1)
    const more = last !== undefined && from + limit < studies.length
    const _links = { self: '/studies', ...(more && { next: `/studies?after=${last.kf_id}&limit=${limit}` }) }
    return { results, limit, total: studies.length, _links, _status: { code: 200, message: 'success' } }
  })
  const url = await server.listen({ port, host: '127.0.0.1' })
  const close = () => server.close()
  return { url, close, [Symbol.asyncDispose]: close }
}
