import { type Run, type Store, startWorker, type Worker } from '@slipway/store'
import type { Logger } from 'pino'
import type { ToldAccess } from '../stream/told-access.ts'
import {
  type DueDelivery,
  discardDelivery,
  lockHealth,
  recordDelivered,
  recordFailed,
  recordFailure,
  releaseDelivery,
  takeDueDeliveries,
} from './due-delivery.store.ts'
import type { WebhookSender } from './send-webhook.ts'
import { disableWebhook, lockWebhook } from './webhook.store.ts'
import { type Attempt, afterFailure, isDelivered } from './webhook.ts'
import { mayReceive } from './webhook-reader.ts'

export type DeliveryWorkerOptions = {
  readonly store: Store
  readonly sender: WebhookSender
  /** What is private by now. */
  readonly access: ToldAccess
  readonly log: Logger
}

/** Longer than an attempt may take, so that nobody else begins what is still under way. */
const leaseSeconds = 25
const concurrency = 64
const perWebhook = 16
const pollMs = 500
/** What has no answer by then when the gateway stops is left to another replica. */
const stopPatienceMs = 4_000

/**
 * Posts deliveries that are due, by whichever replica comes first. What dies with a replica is sent again when its lease
 * has run out, so a receiver may get a message twice, under the same id, and never not at all.
 */
export function startDeliveries({ store, sender, access, log }: DeliveryWorkerOptions): Worker {
  async function deliver(delivery: DueDelivery, { leaving }: Run): Promise<void> {
    const { message_id: id, url, body, secrets, readers, thing, viewer } = delivery
    // Rights may have gone since it was written, or since its last attempt.
    if (readers !== null && !mayReceive(viewer, { readers, thing }, access)) {
      await discardDelivery(store, delivery)
      worker.kick()
      return
    }
    const attempt = await sender.send({ id, url, body, secrets }, leaving)
    if (isDelivered(attempt)) await recordDelivered(store, delivery, attempt)
    else if (leaving.aborted && attempt.status === null) await releaseDelivery(store, delivery)
    else await fail(delivery, attempt)
    // More of the same webhook may have waited for its turn.
    worker.kick()
  }

  async function fail(delivery: DueDelivery, attempt: Attempt): Promise<void> {
    const disabled = await store.transaction(async tx => {
      const health = await lockHealth(tx, delivery.webhook_id)
      if (!health) return null
      // What another address answered says nothing of the one that the webhook has by now: that is tried at once.
      if (health.url !== delivery.url) {
        await recordFailed(tx, delivery, attempt, health.enabled ? 0 : null)
        return null
      }
      const { retryIn, pauseFor, failingSince, disable } = afterFailure(attempt, delivery.tries, health, health.now)
      if (!(await recordFailed(tx, delivery, attempt, retryIn))) return null
      await recordFailure(tx, delivery.webhook_id, failingSince, pauseFor)
      const webhook = disable && (await lockWebhook(tx, delivery.webhook_id))
      if (webhook) await disableWebhook(tx, webhook, disable, 'system')
      return disable
    })
    // Not its address, which may hold a secret.
    if (disabled) log.warn({ webhook: delivery.webhook_id, reason: disabled }, 'a webhook was disabled')
  }

  const worker = startWorker<DueDelivery>({
    name: 'webhook-deliveries',
    take: limit => takeDueDeliveries(store, limit, perWebhook, leaseSeconds),
    handle: deliver,
    concurrency,
    pollMs,
    stopPatienceMs,
    log,
  })
  return worker
}
