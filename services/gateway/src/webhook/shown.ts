import type { Webhook, WebhookAttempt, WebhookDelivery } from '@slipway/contracts'
import type { AttemptRow, DeliveryRow } from './delivery.store.ts'
import type { WebhookRow } from './webhook.store.ts'

/** The webhook as the API shows it: without the texts of its secrets. */
export function shownWebhook(row: WebhookRow): Webhook {
  return {
    id: row.id,
    url: row.url,
    description: row.description,
    types: [...row.types],
    releases: [...row.releases],
    studies: [...row.studies],
    enabled: row.enabled,
    disabledReason: row.disabled_reason,
    disabledAt: row.disabled_at,
    failingSince: row.failing_since,
    pausedUntil: row.paused_until,
    owner: row.owner_login,
    scopes: row.scopes === null ? null : [...row.scopes],
    endsAt: row.ends_at,
    secrets: [...row.secrets],
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

export function shownDelivery(row: DeliveryRow): WebhookDelivery {
  return {
    id: row.id,
    webhookId: row.webhook_id,
    messageId: row.message_id,
    type: row.type,
    state: row.state,
    attempts: row.attempts,
    nextAttemptAt: row.state === 'pending' ? row.due_at : null,
    lastStatus: row.last_status,
    lastError: row.last_error,
    createdAt: row.created_at,
    settledAt: row.settled_at,
  }
}

export function shownAttempt(row: AttemptRow): WebhookAttempt {
  const { number, started_at, duration_ms, status, error, response } = row
  return { number, startedAt: started_at, durationMs: duration_ms, status, error, response }
}
