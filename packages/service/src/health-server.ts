import { fastify } from 'fastify'
import type { Registry } from 'prom-client'
import { clockNote } from './watch-clock.ts'

export type HealthServerOptions = {
  readonly host: string
  readonly port: number
  readonly registry: Registry
  /** Why the service is not ready; undefined when it is. */
  readonly notReady: () => Promise<string | undefined>
}

export type HealthServer = { readonly port: number; close(): Promise<void> }

/**
 * `/healthz`: the process runs. `/readyz`: it can do its work, 503 with the reason otherwise. `/metrics`: Prometheus.
 */
export async function startHealthServer(options: HealthServerOptions): Promise<HealthServer> {
  const server = fastify({ logger: false, forceCloseConnections: true })
  server.get('/healthz', async () => ({ status: 'ok' }))
  server.get('/readyz', async (_request, reply) => {
    const reason = await options.notReady()
    if (reason === undefined) return { status: 'ready', ...clockNote() }
    return reply.code(503).send({ status: 'not ready', reason })
  })
  server.get('/metrics', async (_request, reply) =>
    reply.type(options.registry.contentType).send(await options.registry.metrics()),
  )
  await server.listen({ host: options.host, port: options.port })
  const address = server.server.address()
  return { port: typeof address === 'object' && address ? address.port : options.port, close: () => server.close() }
}
