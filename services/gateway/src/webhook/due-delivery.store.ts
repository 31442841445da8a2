import type { Queryable, Statement, Store } from '@slipway/store'
import type { Attempt, Health } from './webhook.ts'
import { viewerColumn, type WebhookViewer } from './webhook-reader.ts'

/** A delivery that this process, and no other, is to attempt. */
export type DueDelivery = {
  readonly id: string
  readonly webhook_id: string
  readonly lease: string
  readonly tries: number
  readonly url: string
  readonly message_id: string
  readonly body: string
  readonly secrets: readonly string[]
  /** Who may read what is sent, and what that is about; null for what is meant for this webhook alone. */
  readonly readers: readonly string[] | null
  readonly thing: string | null
  readonly viewer: WebhookViewer
}

/**
 * While it is under way a delivery is due when its lease ends. A webhook has only so many under way, so that one that
 * does not answer leaves room for the others; those that were taken at the same moment may be a few more.
 */
const take: Statement = {
  name: 'webhook-delivery.take',
  text: `
    with due as materialized (
      select d.id from webhook w
      cross join lateral (
        select o.id, o.due_at from webhook_delivery o
        where o.webhook_id = w.id and o.state = 'pending' and o.due_at <= now()
        order by o.due_at, o.id
        limit greatest(0, $2 - (
          select count(*) from webhook_delivery r
          where r.webhook_id = w.id and r.lease is not null and r.due_at > now()))
        for update of o skip locked
      ) d
      where w.enabled and (select v.good from webhook_viewer v where v.webhook_id = w.id)
        and (w.paused_until is null or w.paused_until <= now())
      order by d.due_at, d.id limit $1
    )
    update webhook_delivery d set lease = gen_random_uuid(), due_at = now() + $3 * interval '1 second'
    from due, webhook w, webhook_message m
    where d.id = due.id and w.id = d.webhook_id and m.id = d.message_id
    returning d.id, d.webhook_id, d.lease, d.tries, w.url, m.id as message_id, m.body, m.readers, m.thing,
      ${viewerColumn}, array(
      select s.secret from webhook_secret s
      where s.webhook_id = w.id and (s.expires_at is null or s.expires_at > now()) order by s.created_at desc) as secrets`,
}

const release: Statement = {
  name: 'webhook-delivery.release',
  text: `update webhook_delivery set lease = null, due_at = now() where id = $1 and lease = $2 and state = 'pending'`,
}

const discard: Statement = {
  name: 'webhook-delivery.discard',
  text: 'delete from webhook_delivery where id = $1 and lease = $2',
}

/** Attempts of one delivery that are kept. */
const keptAttempts = 50

/** Parameters: id, lease, state, seconds to the next attempt, status, error, started, duration, response; `more`: address. */
const settle = (name: string, more: string): Statement => ({
  name: `webhook-delivery.${name}`,
  text: `
    with settled as (
      update webhook_delivery set state = $3, lease = null, tries = tries + 1, attempts = attempts + 1,
        due_at = now() + coalesce($4::double precision, 0) * interval '1 second', last_status = $5, last_error = $6,
        settled_at = case when $3 = 'pending' then null else now() end
      where id = $1 and lease = $2 and state = 'pending'
      returning id, webhook_id, attempts
    ),
    attempt as (
      insert into webhook_attempt (delivery_id, number, started_at, duration_ms, status, error, response)
      select id, attempts, $7, $8, $5, $6, $9 from settled
    ),
    forgotten as (
      delete from webhook_attempt a using settled s
      where a.delivery_id = s.id and a.number <= s.attempts - ${keptAttempts}
    )${more}
    select id from settled`,
})

const settleDelivered = settle(
  'delivered',
  `,
    recovered as (
      update webhook w set failing_since = null, last_failed_at = null
      from settled s where w.id = s.webhook_id and w.failing_since is not null and w.url = $10
    )`,
)
const settleFailed = settle('failed', '')

const healthForUpdate: Statement = {
  name: 'webhook.lock-health',
  text: `select url, enabled, failing_since, last_failed_at, now() as now from webhook where id = $1 for no key update`,
}

const noteFailure: Statement = {
  name: 'webhook.note-failure',
  text: `
    update webhook set failing_since = $2, last_failed_at = now(),
      paused_until = greatest(paused_until, now() + $3::double precision * interval '1 second')
    where id = $1`,
}

const values = ({ id, lease }: DueDelivery, state: string, retryIn: number | null, attempt: Attempt) => {
  const { status, error, startedAt, durationMs, response } = attempt
  return [id, lease, state, retryIn, status, error, startedAt, durationMs, response]
}

/** Takes up to `limit` deliveries that are due, as far as no webhook has more than `perWebhook` under way. */
export function takeDueDeliveries(store: Store, limit: number, perWebhook: number, leaseSeconds: number) {
  return store.write<DueDelivery>(take, [limit, perWebhook, leaseSeconds])
}

/** Gives a delivery back unsent: it is due again at once. */
export async function releaseDelivery(store: Store, { id, lease }: DueDelivery): Promise<void> {
  await store.write(release, [id, lease])
}

/** Forgets a delivery that is not to be made. */
export async function discardDelivery(store: Store, { id, lease }: DueDelivery): Promise<void> {
  await store.write(discard, [id, lease])
}

/** Does nothing if the lease ran out: then another attempt is under way, which settles it. */
export async function recordDelivered(store: Store, delivery: DueDelivery, attempt: Attempt): Promise<void> {
  await store.write(settleDelivered, [...values(delivery, 'delivered', null, attempt), delivery.url])
}

/** False if the lease ran out. */
export async function recordFailed(
  tx: Queryable,
  delivery: DueDelivery,
  attempt: Attempt,
  retryIn: number | null,
): Promise<boolean> {
  const state = retryIn === null ? 'failed' : 'pending'
  return (await tx.query(settleFailed, values(delivery, state, retryIn, attempt))).length > 0
}

/** Locks the webhook before its deliveries, as everything does that changes both; undefined if it was deleted. */
export async function lockHealth(
  tx: Queryable,
  webhookId: string,
): Promise<(Health & { readonly url: string; readonly now: Date }) | undefined> {
  type Row = { url: string; enabled: boolean; failing_since: string | null; last_failed_at: string | null; now: string }
  const [row] = await tx.query<Row>(healthForUpdate, [webhookId])
  return (
    row && {
      url: row.url,
      enabled: row.enabled,
      failingSince: row.failing_since === null ? null : new Date(row.failing_since),
      lastFailedAt: row.last_failed_at === null ? null : new Date(row.last_failed_at),
      now: new Date(row.now),
    }
  )
}

export async function recordFailure(tx: Queryable, webhookId: string, since: Date, pauseFor: number | null) {
  await tx.query(noteFailure, [webhookId, since, pauseFor])
}
