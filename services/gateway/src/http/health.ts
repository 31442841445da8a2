import { clockNote } from '@slipway/service'
import type { FastifyInstance } from 'fastify'
import type { Registry } from 'prom-client'

export type HealthRoutesOptions = {
  /** Why requests should go elsewhere; undefined when they may come. */
  readonly notReady: () => Promise<string | undefined>
  /** Shown on `/metrics`; undefined: no such path. */
  readonly registry: Registry | undefined
}

/** `/healthz`, `/readyz` and perhaps `/metrics` beside the APIs, for balancers that know the public port only. */
export function addHealthRoutes(app: FastifyInstance, { notReady, registry }: HealthRoutesOptions): void {
  const always = { config: { alwaysAdmitted: true, rateLimit: false as const } }
  app.get('/healthz', always, async () => ({ status: 'ok' }))
  app.get('/readyz', always, async (_request, reply) => {
    const reason = await notReady()
    return reason === undefined
      ? { status: 'ready', ...clockNote() }
      : reply.code(503).send({ status: 'not ready', reason })
  })
  if (registry) {
    app.get('/metrics', always, async (_request, reply) =>
      reply.type(registry.contentType).send(await registry.metrics()),
    )
  }
}
