import { randomUUID } from 'node:crypto'
import { deliveryFilterSchema, failure, parseExact, resendFailedSchema } from '@slipway/contracts'
import { now, type Queryable } from '@slipway/store'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { parsed } from '../api/platform-errors.ts'
import { requireCaller } from '../identity/caller.ts'
import { found } from './change-webhook.ts'
import {
  type DeliveryRow,
  findDelivery,
  listAttempts,
  listDeliveries,
  resendDelivery,
  resendFailedDeliveries,
  sendMessage,
} from './delivery.store.ts'
import { shownAttempt, shownDelivery } from './shown.ts'
import { type WebhookRoutesOptions, webhookId, webhookRights } from './webhook.routes.ts'
import { findWebhook, lockWebhook, type WebhookRow } from './webhook.store.ts'
import { mayBeShown } from './webhook-reader.ts'

const deliveryPath = z.object({ delivery: z.uuid() })

/** `/webhooks/{id}/deliveries`: what was sent, what came of it, and sending it again. */
export function deliveryRoutes(
  app: FastifyInstance,
  { store, authenticator, access, kick }: WebhookRoutesOptions,
): void {
  async function ownWebhook(request: FastifyRequest): Promise<WebhookRow> {
    const { reach } = await webhookRights(request, authenticator)
    return found(await findWebhook(store, webhookId(request), reach))
  }

  /** Runs `work` while the webhook stays enabled, so that nothing is to be sent that will not be. */
  async function whileEnabled<Result>(request: FastifyRequest, work: (tx: Queryable, id: string) => Promise<Result>) {
    const { reach } = await webhookRights(request, authenticator)
    const result = await store.transaction(async tx => {
      const { id, enabled, ends_at } = found(await lockWebhook(tx, webhookId(request), reach))
      if (!enabled) throw failure('refused', 'The webhook is disabled; enable it first.')
      if (ends_at !== null && new Date(ends_at).getTime() <= now()) {
        throw failure('refused', 'The token that the webhook was made with has ended.')
      }
      return work(tx, id)
    })
    kick()
    return result
  }

  /** As it is when it was made due, before any attempt. */
  const shown = async (tx: Queryable, webhook: string, id: string) =>
    shownDelivery(foundDelivery(await findDelivery(tx, webhook, id)))

  app.post('/webhooks/:id/test', async (request, reply) => {
    const { caller } = await webhookRights(request, authenticator)
    const sent = await whileEnabled(request, async (tx, id) =>
      shown(tx, id, await sendMessage(tx, id, testMessage(id, caller.login))),
    )
    return reply.code(202).send(sent)
  })

  app.get('/webhooks/:id/deliveries', async request => {
    const { id } = await ownWebhook(request)
    const filter = parsed(deliveryFilterSchema, request.query)
    const rows = await listDeliveries(store, id, filter)
    const next = rows.length === filter.limit ? (rows.at(-1)?.id ?? null) : null
    return { results: rows.map(shownDelivery), next }
  })

  app.get('/webhooks/:id/deliveries/:delivery', async request => {
    const { id } = await ownWebhook(request)
    const delivery = foundDelivery(await findDelivery(store, id, deliveryId(request)))
    const { identity } = await requireCaller(request, authenticator)
    const { readers, thing } = delivery
    // It may have become private since, or the caller may have lost the right.
    if (readers !== null && !mayBeShown(identity, { readers, thing }, access)) throw noDelivery()
    const attempts = await listAttempts(store, delivery.id)
    return {
      ...shownDelivery(delivery),
      payload: parseExact(delivery.body),
      attemptLog: attempts.map(shownAttempt),
    }
  })

  app.post('/webhooks/:id/deliveries/:delivery/resend', async (request, reply) => {
    const delivery = deliveryId(request)
    const resent = await whileEnabled(request, async (tx, id) => {
      if (!(await resendDelivery(tx, id, delivery))) throw noDelivery()
      return shown(tx, id, delivery)
    })
    return reply.code(202).send(resent)
  })

  app.post('/webhooks/:id/resend-failed', async (request, reply) => {
    const { since, until } = parsed(resendFailedSchema, request.body)
    const count = await whileEnabled(request, (tx, id) => resendFailedDeliveries(tx, id, since, until))
    return reply.code(202).send({ resent: count })
  })
}

function deliveryId(request: FastifyRequest): string {
  const { data } = deliveryPath.safeParse(request.params)
  if (!data) throw noDelivery()
  return data.delivery
}

const noDelivery = () => failure('not_found', 'There is no such delivery.')

function foundDelivery<Row extends DeliveryRow>(row: Row | undefined): Row {
  if (!row) throw noDelivery()
  return row
}

/** No event of the platform: nobody but this webhook gets it. */
function testMessage(webhook: string, actor: string) {
  const type = 'webhook.test'
  const body = JSON.stringify({
    type,
    timestamp: new Date(now()).toISOString(),
    data: { webhook_id: webhook },
    subject: webhook,
    sequence: 1,
    actor,
  })
  return { id: randomUUID(), type, body }
}
