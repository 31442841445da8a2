import type { DeliveryFilter, DeliveryState } from '@slipway/contracts'
import type { Queryable, Statement, Store } from '@slipway/store'

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

const columns = `d.id, d.webhook_id, d.message_id, m.type, d.state, d.attempts, d.due_at, d.last_status, d.last_error,
  d.created_at, d.settled_at`
const page: Statement = {
  name: 'webhook-delivery.page',
  text: `select ${columns} from webhook_delivery d join webhook_message m on m.id = d.message_id
    where d.webhook_id = $1
      and ($2::uuid is null or d.id < $2)
      and ($3::text is null or d.state = $3)
      and ($4::text is null or m.type = $4 or starts_with(m.type, $5))
      and ($6::text is null or d.message_id = $6)
      and ($7::timestamptz is null or d.created_at >= $7)
      and ($8::timestamptz is null or d.created_at < $8)
    order by d.id desc limit $9`,
}
const byId: Statement = {
  name: 'webhook-delivery.by-id',
  text: `select ${columns}, m.body, m.readers, m.thing
    from webhook_delivery d join webhook_message m on m.id = d.message_id where d.webhook_id = $1 and d.id = $2`,
}
const attempts: Statement = {
  name: 'webhook-attempt.of-delivery',
  text: `select number, started_at, duration_ms, status, error, response from webhook_attempt
    where delivery_id = $1 order by number desc`,
}

/** One that is under way stays so: it is attempted again only if that fails. */
const anew = `state = 'pending', tries = 0, settled_at = null,
  due_at = case when state = 'pending' and lease is not null and due_at > now() then due_at else now() end`
const resendOne: Statement = {
  name: 'webhook-delivery.resend',
  text: `update webhook_delivery set ${anew} where webhook_id = $1 and id = $2 returning id`,
}
const resendFailed: Statement = {
  name: 'webhook-delivery.resend-failed',
  text: `with again as (
      update webhook_delivery set ${anew}
      where webhook_id = $1 and state = 'failed' and created_at >= $2 and ($3::timestamptz is null or created_at < $3)
      returning id)
    select count(*) as count from again`,
}
const insertMessage: Statement = {
  name: 'webhook-message.insert',
  text: 'insert into webhook_message (id, type, body) values ($1, $2, $3)',
}
const insertDelivery: Statement = {
  name: 'webhook-delivery.insert',
  text: 'insert into webhook_delivery (webhook_id, message_id) values ($1, $2) returning id',
}
const purge: Statement = {
  name: 'webhook-message.purge',
  text: `with gone as (
      delete from webhook_message where id in (
        select id from webhook_message where created_at < now() - make_interval(days => $1::int)
        order by created_at limit 1000)
      returning id)
    select count(*) as gone from gone`,
}

/** Newest first. */
export function listDeliveries(store: Store, webhookId: string, filter: DeliveryFilter): Promise<DeliveryRow[]> {
  const { after, state, type, message, since, until, limit } = filter
  const noun = type === undefined ? undefined : `${type.replace(/\.\*$/, '')}.`
  return store.read<DeliveryRow>(page, [webhookId, after, state, type, noun, message, since, until, limit])
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
  const [row] = await from.query<DeliveryWithMessage>(byId, [webhookId, id])
  return row
}

/** Newest first. */
export function listAttempts(store: Store, deliveryId: string): Promise<AttemptRow[]> {
  return store.read<AttemptRow>(attempts, [deliveryId])
}

/** Makes it due now, with all its retries before it; false if there is none. */
export async function resendDelivery(tx: Queryable, webhookId: string, id: string): Promise<boolean> {
  return (await tx.query(resendOne, [webhookId, id])).length > 0
}

/** Returns how many will be sent again. */
export async function resendFailedDeliveries(
  tx: Queryable,
  webhookId: string,
  since: string,
  until: string | undefined,
): Promise<number> {
  const [row] = await tx.query<{ count: number }>(resendFailed, [webhookId, since, until])
  return row?.count ?? 0
}

/** Sends something that is no event of the platform. Returns the id of the delivery. */
export async function sendMessage(
  tx: Queryable,
  webhookId: string,
  message: { readonly id: string; readonly type: string; readonly body: string },
): Promise<string> {
  await tx.query(insertMessage, [message.id, message.type, message.body])
  const [row] = await tx.query<{ id: string }>(insertDelivery, [webhookId, message.id])
  return (row as { id: string }).id
}

/** Forgets messages older than so many days, with their deliveries. */
export async function purgeMessages(store: Store, days: number): Promise<void> {
  let gone: number
  do {
    const [step] = await store.write<{ gone: number }>(purge, [days])
    gone = step?.gone ?? 0
  } while (gone > 0)
}
