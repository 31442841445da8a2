import type { DeliveryState } from '@slipway/contracts'
import type { Queryable, Store } from '@slipway/store'
import { sql } from 'kysely'
import { lasts, now, prepare } from '../sql.ts'
import { type Lease, type Settled, settleDelivered, settleFailed } from './settle-delivery.ts'
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

type Taken = { readonly limit: number; readonly perWebhook: number; readonly leaseSeconds: number }
/**
 * While it is under way a delivery is due when its lease ends. A webhook has only so many under way, so that one that
 * does not answer leaves room for the others; those that were taken at the same moment may be a few more.
 */
const take = prepare<Taken>()('webhook-delivery.take', (db, p) =>
  db
    .with(
      cte => cte('due').materialized(),
      q =>
        q
          .selectFrom('webhook as w')
          .crossJoinLateral(eb => {
            const underWay = eb
              .selectFrom('webhook_delivery as r')
              .select(r => r.fn.countAll<number>().as('count'))
              .whereRef('r.webhook_id', '=', 'w.id')
              .where('r.lease', 'is not', null)
              .where('r.due_at', '>', now)
            return eb
              .selectFrom('webhook_delivery as o')
              .select(['o.id', 'o.due_at'])
              .whereRef('o.webhook_id', '=', 'w.id')
              .where('o.state', '=', 'pending')
              .where('o.due_at', '<=', now)
              .orderBy('o.due_at')
              .orderBy('o.id')
              .limit(sql<number>`greatest(0, ${p.perWebhook} - ${underWay})`)
              .forUpdate('o')
              .skipLocked()
              .as('d')
          })
          .select('d.id')
          .where('w.enabled', '=', true)
          .where(eb => {
            const good = eb.selectFrom('webhook_viewer as v').select('v.good').whereRef('v.webhook_id', '=', 'w.id')
            return sql<boolean>`${good}`
          })
          .where(eb => eb.or([eb('w.paused_until', 'is', null), eb('w.paused_until', '<=', now)]))
          .orderBy('d.due_at')
          .orderBy('d.id')
          .limit(p.limit),
    )
    .updateTable('webhook_delivery as d')
    .from(['due', 'webhook as w', 'webhook_message as m'])
    .set({
      lease: sql<string>`gen_random_uuid()`,
      due_at: sql<string>`now() + ${p.leaseSeconds} * interval '1 second'`,
    })
    .whereRef('d.id', '=', 'due.id')
    .whereRef('w.id', '=', 'd.webhook_id')
    .whereRef('m.id', '=', 'd.message_id')
    .returning(eb => {
      const secrets = eb
        .selectFrom('webhook_secret as s')
        .select('s.secret')
        .whereRef('s.webhook_id', '=', 'w.id')
        .where(secret => lasts(secret.ref('s.expires_at')))
        .orderBy('s.created_at', 'desc')
      return [
        'd.id',
        'd.webhook_id',
        eb.ref('d.lease').$notNull().as('lease'),
        'd.tries',
        'w.url',
        'm.id as message_id',
        'm.body',
        'm.readers',
        'm.thing',
        viewerColumn,
        sql<string[]>`array(${secrets})`.as('secrets'),
      ]
    }),
)

const release = prepare<Lease>()('webhook-delivery.release', (db, p) =>
  db
    .updateTable('webhook_delivery')
    .set({ lease: null, due_at: now })
    .where('id', '=', p.id)
    .where('lease', '=', p.lease)
    .where('state', '=', 'pending'),
)
const discard = prepare<Lease>()('webhook-delivery.discard', (db, p) =>
  db.deleteFrom('webhook_delivery').where('id', '=', p.id).where('lease', '=', p.lease),
)

const healthForUpdate = prepare<{ id: string }>()('webhook.lock-health', (db, p) =>
  db
    .selectFrom('webhook')
    .select(['url', 'enabled', 'failing_since', 'last_failed_at', now.as('now')])
    .where('id', '=', p.id)
    .forNoKeyUpdate(),
)
const noteFailure = prepare<{ id: string; since: string; pauseFor: number | null }>()('webhook.note-failure', (db, p) =>
  db
    .updateTable('webhook')
    .set(eb => ({
      failing_since: p.since,
      last_failed_at: now,
      paused_until: eb.fn<string>('greatest', [
        'paused_until',
        sql`now() + ${p.pauseFor}::double precision * interval '1 second'`,
      ]),
    }))
    .where('id', '=', p.id),
)

const values = (
  { id, lease }: DueDelivery,
  state: DeliveryState,
  retryIn: number | null,
  attempt: Attempt,
): Settled => {
  const { status, error, startedAt, durationMs, response } = attempt
  return { id, lease, state, retryIn, status, error, startedAt: startedAt.toISOString(), durationMs, response }
}

/** Takes up to `limit` deliveries that are due, as far as no webhook has more than `perWebhook` under way. */
export function takeDueDeliveries(
  store: Store,
  limit: number,
  perWebhook: number,
  leaseSeconds: number,
): Promise<DueDelivery[]> {
  return store.write(take, { limit, perWebhook, leaseSeconds })
}

/** Gives a delivery back unsent: it is due again at once. */
export async function releaseDelivery(store: Store, { id, lease }: DueDelivery): Promise<void> {
  await store.write(release, { id, lease })
}

/** Forgets a delivery that is not to be made. */
export async function discardDelivery(store: Store, { id, lease }: DueDelivery): Promise<void> {
  await store.write(discard, { id, lease })
}

/** Does nothing if the lease ran out: then another attempt is under way, which settles it. */
export async function recordDelivered(store: Store, delivery: DueDelivery, attempt: Attempt): Promise<void> {
  await store.write(settleDelivered, { ...values(delivery, 'delivered', null, attempt), url: delivery.url })
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
  const [row] = await tx.query(healthForUpdate, { id: webhookId })
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
  await tx.query(noteFailure, { id: webhookId, since: since.toISOString(), pauseFor })
}
