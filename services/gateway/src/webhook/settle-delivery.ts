import type { DeliveryState } from '@slipway/contracts'
import type { Parameters } from '@slipway/store'
import { type QueryCreator, sql } from 'kysely'
import type { Database } from '../database.ts'
import { prepare } from '../sql.ts'

/** Attempts of one delivery that are kept. */
const keptAttempts = 50

/** A delivery that a process has for itself. */
export type Lease = { readonly id: string; readonly lease: string }

export type Settled = Lease & {
  readonly state: DeliveryState
  /** Seconds to the next attempt; null: there is none. */
  readonly retryIn: number | null
  readonly startedAt: string
  readonly durationMs: number
  readonly status: number | null
  readonly error: string | null
  readonly response: string | null
}

const settled = (db: QueryCreator<Database>, p: Parameters<Settled>) =>
  db
    .with('settled', q =>
      q
        .updateTable('webhook_delivery')
        .set(eb => ({
          state: p.state,
          lease: null,
          tries: eb('tries', '+', 1),
          attempts: eb('attempts', '+', 1),
          due_at: sql<string>`now() + coalesce(${p.retryIn}::double precision, 0) * interval '1 second'`,
          last_status: p.status,
          last_error: p.error,
          settled_at: sql<string | null>`case when ${p.state} = 'pending' then null else now() end`,
        }))
        .where('id', '=', p.id)
        .where('lease', '=', p.lease)
        .where('state', '=', 'pending')
        .returning(['id', 'webhook_id', 'attempts']),
    )
    .with('attempt', q =>
      q
        .insertInto('webhook_attempt')
        .columns(['delivery_id', 'number', 'started_at', 'duration_ms', 'status', 'error', 'response'])
        .expression(eb =>
          eb
            .selectFrom('settled')
            .select([
              'id',
              'attempts',
              p.startedAt.as('started_at'),
              p.durationMs.as('duration_ms'),
              p.status.as('status'),
              p.error.as('error'),
              p.response.as('response'),
            ]),
        ),
    )
    .with('forgotten', q =>
      q
        .deleteFrom('webhook_attempt as a')
        .using('settled as s')
        .whereRef('a.delivery_id', '=', 's.id')
        .where('a.number', '<=', eb => eb('s.attempts', '-', keptAttempts)),
    )

export const settleDelivered = prepare<Settled & { readonly url: string }>()('webhook-delivery.delivered', (db, p) =>
  settled(db, p)
    .with('recovered', q =>
      q
        .updateTable('webhook as w')
        .from('settled as s')
        .set({ failing_since: null, last_failed_at: null })
        .whereRef('w.id', '=', 's.webhook_id')
        .where('w.failing_since', 'is not', null)
        .where('w.url', '=', p.url),
    )
    .selectFrom('settled')
    .select('id'),
)
export const settleFailed = prepare<Settled>()('webhook-delivery.failed', (db, p) =>
  settled(db, p).selectFrom('settled').select('id'),
)
