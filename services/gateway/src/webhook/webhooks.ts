import { every, type Store, type Worker } from '@slipway/store'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import { answerErrors } from '../api/platform-errors.ts'
import { acceptEmptyJson } from '../http/empty-json.ts'
import type { Authenticator } from '../identity/authenticator.ts'
import type { ToldAccess } from '../stream/told-access.ts'
import { deliveryRoutes } from './delivery.routes.ts'
import { purgeMessages } from './delivery.store.ts'
import { startDeliveries } from './delivery-worker.ts'
import { createWebhookSender } from './send-webhook.ts'
import { webhookRoutes } from './webhook.routes.ts'

export type WebhooksOptions = {
  readonly store: Store
  readonly authenticator: Authenticator
  readonly allowInternal: boolean
  readonly log: Logger
  readonly logError: (error: unknown, request: FastifyRequest) => void
}

export type WebhooksModule = {
  /** The routes, as a plugin of the HTTP server. `access`: what is private. */
  routes(app: FastifyInstance, access: ToldAccess): Promise<void>
  /** There may be new deliveries. */
  kick(): void
  startWorkers(access: ToldAccess): Promise<readonly Worker[]>
  close(): Promise<void>
}

const keptDays = 30
const purgeEveryMs = 3_600_000

/** Webhooks: events posted to addresses that users give, by Standard Webhooks 1.0. */
export function openWebhooks({ store, authenticator, allowInternal, log, logError }: WebhooksOptions): WebhooksModule {
  const guard = { allowInternal }
  const sender = createWebhookSender(guard)
  let deliveries: Worker | undefined
  const kick = () => deliveries?.kick()
  return {
    async routes(app, access) {
      answerErrors(app, logError)
      acceptEmptyJson(app)
      // Some answers hold secrets.
      app.addHook('onRequest', async (_request, reply) => void reply.header('cache-control', 'no-store'))
      const options = { store, authenticator, guard, access, kick }
      webhookRoutes(app, options)
      deliveryRoutes(app, options)
    },
    kick,
    async startWorkers(access) {
      deliveries = startDeliveries({ store, sender, access, log })
      const purge = every({
        store,
        name: 'purge-webhook-deliveries',
        everyMs: purgeEveryMs,
        log,
        run: () => purgeMessages(store, keptDays),
      })
      return [deliveries, purge]
    },
    close: sender.close,
  }
}
