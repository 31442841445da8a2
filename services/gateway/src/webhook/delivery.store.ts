import type { DeliveryFilter, DeliveryState } from '@slipway/contracts'
import type { Queryable, Store } from '@slipway/store'
import { type Expression, type QueryCreator, sql } from 'kysely'
import type { Database } from '../database.ts'
import { daysAgo, ifGiven, prepare } from '../sql.ts'

export type DeliveryRow = {
  readonly id: string
  readonly webhook_id: string
  readonly message_id: string
  readonly type: string
  readonly state: DeliveryState
  readonly attempts: number
  readonly due_at: string
  readonly last_status: number | null
  readonly last_error: string | null
  readonly created_at: string
  readonly settled_at: string | null
}

export type AttemptRow = {
  readonly number: number
  readonly started_at: string
  readonly duration_ms: number
  readonly status: number | null
  readonly error: string | null
  readonly response: string | null
}

const deliveries = (db: QueryCreator<Database>, webhookId: Expression<string>) =>
  db
    .selectFrom('webhook_delivery as d')
    .innerJoin('webhook_message as m', 'm.id', 'd.message_id')
    .select([
      'd.id',
      'd.webhook_id',
      'd.message_id',
      'm.type',
      'd.state',
      'd.attempts',
      'd.due_at',
      'd.last_status',
      'd.last_error',
      'd.created_at',
      'd.settled_at',
    ])
    .where('d.webhook_id', '=', webhookId)

type Paged = DeliveryFilter & {
  readonly webhookId: string
  /** What the types of one noun start with. */
  readonly noun?: string | undefined
}
const page = prepare<Paged>()('webhook-delivery.page', (db, p) =>
  deliveries(db, p.webhookId)
    .where(eb => ifGiven(p.after, 'uuid', eb('d.id', '<', p.after)))
    .where(eb => ifGiven(p.state, 'text', eb('d.state', '=', p.state)))
    .where(eb => {
      const ofNoun = eb.fn<boolean>('starts_with', ['m.type', p.noun])
      return ifGiven(p.type, 'text', eb.or([eb('m.type', '=', p.type), ofNoun]))
    })
    .where(eb => ifGiven(p.message, 'text', eb('d.message_id', '=', p.message)))
    .where(eb => ifGiven(p.since, 'timestamptz', eb('d.created_at', '>=', p.since)))
    .where(eb => ifGiven(p.until, 'timestamptz', eb('d.created_at', '<', p.until)))
    .orderBy('d.id', 'desc')
    .limit(p.limit),
)
const byId = prepare<{ webhookId: string; id: string }>()('webhook-delivery.by-id', (db, p) =>
  deliveries(db, p.webhookId).select(['m.body', 'm.readers', 'm.thing']).where('d.id', '=', p.id),
)
const attempts = prepare<{ deliveryId: string }>()('webhook-attempt.of-delivery', (db, p) =>
  db
    .selectFrom('webhook_attempt')
    .select(['number', 'started_at', 'duration_ms', 'status', 'error', 'response'])
    .where('delivery_id', '=', p.deliveryId)
    .orderBy('number', 'desc'),
)

/** One that is under way stays so: it is attempted again only if that fails. */
const anew = {
  state: 'pending',
  tries: 0,
  settled_at: null,
  due_at: sql<string>`
    case when state = 'pending' and lease is not null and due_at > now() then due_at else now() end`,
} as const
const resendOne = prepare<{ webhookId: string; id: string }>()('webhook-delivery.resend', (db, p) =>
  db
    .updateTable('webhook_delivery')
    .set(anew)
    .where('webhook_id', '=', p.webhookId)
    .where('id', '=', p.id)
    .returning('id'),
)
type Failed = { readonly webhookId: string; readonly since: string; readonly until?: string | undefined }
const resendFailed = prepare<Failed>()('webhook-delivery.resend-failed', (db, p) =>
  db
    .with('again', q =>
      q
        .updateTable('webhook_delivery')
        .set(anew)
        .where('webhook_id', '=', p.webhookId)
        .where('state', '=', 'failed')
        .where('created_at', '>=', p.since)
        .where(eb => ifGiven(p.until, 'timestamptz', eb('created_at', '<', p.until)))
        .returning('id'),
    )
    .selectFrom('again')
    .select(eb => eb.fn.countAll<number>().as('count')),
)
type Message = { readonly id: string; readonly type: string; readonly body: string }
const insertMessage = prepare<Message>()('webhook-message.insert', (db, p) =>
  db.insertInto('webhook_message').values({ id: p.id, type: p.type, body: p.body }),
)
const insertDelivery = prepare<{ webhookId: string; messageId: string }>()('webhook-delivery.insert', (db, p) =>
  db.insertInto('webhook_delivery').values({ webhook_id: p.webhookId, message_id: p.messageId }).returning('id'),
)
const purge = prepare<{ days: number }>()('webhook-message.purge', (db, p) =>
  db
    .with('gone', q =>
      q
        .deleteFrom('webhook_message')
        .where('id', 'in', eb =>
          eb
            .selectFrom('webhook_message')
            .select('id')
            .where('created_at', '<', daysAgo(p.days))
            .orderBy('created_at')
            .limit(1000),
        )
        .returning('id'),
    )
    .selectFrom('gone')
    .select(eb => eb.fn.countAll<number>().as('gone')),
)

/** Newest first. */
export function listDeliveries(store: Store, webhookId: string, filter: DeliveryFilter): Promise<DeliveryRow[]> {
  const { type } = filter
  const noun = type === undefined ? undefined : `${type.replace(/\.\*$/, '')}.`
  return store.read(page, { ...filter, webhookId, noun })
}

/** With what is posted, as text, and who may read it; `readers` null: it is meant for this webhook alone. */
export type DeliveryWithMessage = DeliveryRow & {
  readonly body: string
  readonly readers: readonly string[] | null
  readonly thing: string | null
}

export async function findDelivery(
  from: Pick<Queryable, 'query'>,
  webhookId: string,
  id: string,
): Promise<DeliveryWithMessage | undefined> {
  const [row] = await from.query(byId, { webhookId, id })
  return row
}

/** Newest first. */
export function listAttempts(store: Store, deliveryId: string): Promise<AttemptRow[]> {
  return store.read(attempts, { deliveryId })
}

/** Makes it due now, with all its retries before it; false if there is none. */
export async function resendDelivery(tx: Queryable, webhookId: string, id: string): Promise<boolean> {
  return (await tx.query(resendOne, { webhookId, id })).length > 0
}

/** Returns how many will be sent again. */
export async function resendFailedDeliveries(
  tx: Queryable,
  webhookId: string,
  since: string,
  until: string | undefined,
): Promise<number> {
  const [row] = await tx.query(resendFailed, { webhookId, since, until })
  return row?.count ?? 0
}

/** Sends something that is no event of the platform. Returns the id of the delivery. */
export async function sendMessage(tx: Queryable, webhookId: string, message: Message): Promise<string> {
  await tx.query(insertMessage, message)
  const [row] = await tx.query(insertDelivery, { webhookId, messageId: message.id })
  return (row as { id: string }).id
}

/** Forgets messages older than so many days, with their deliveries. */
export async function purgeMessages(store: Store, days: number): Promise<void> {
  let gone: number
  do {
    const [step] = await store.write(purge, { days })
    gone = step?.gone ?? 0
  } while (gone > 0)
}
