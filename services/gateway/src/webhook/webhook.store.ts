import { type DisabledReason, type EventType, webhookEvents } from '@slipway/contracts'
import { appendEvents, type Queryable, type Store } from '@slipway/store'
import { sql } from 'kysely'
import type { WebhookGrant } from '../identity/delegation.ts'
import { ifGiven, lower, now, prepare } from '../sql.ts'
import { type Reach, reached, type ShownSecret } from './reached.ts'

export type WebhookRow = {
  readonly id: string
  readonly owner: string
  readonly owner_login: string
  readonly url: string
  readonly description: string
  readonly types: readonly string[]
  readonly releases: readonly string[]
  readonly studies: readonly string[]
  readonly enabled: boolean
  readonly disabled_reason: DisabledReason | null
  readonly disabled_at: string | null
  readonly failing_since: string | null
  readonly paused_until: string | null
  /** Of the token that it was made with; null: the rights of its owner. */
  readonly scopes: readonly string[] | null
  /** When that token ends or was revoked; null: never, or it was made with another credential. */
  readonly ends_at: string | null
  readonly sequence: number
  readonly created_at: string
  readonly updated_at: string
  /** The good ones, newest first. */
  readonly secrets: readonly ShownSecret[]
}

export type WebhookFields = Pick<WebhookRow, 'url' | 'description' | 'types' | 'releases' | 'studies' | 'enabled'>

/** Who made it; webhooks of accounts go with them. */
export type Owner = { readonly subject: string; readonly login: string }

const everything: Reach = { owner: null, scopes: null }

const byId = prepare<Reach & { id: string }>()('webhook.by-id', (db, p) => reached(db, p).where('w.id', '=', p.id))
const locked = prepare<Reach & { id: string }>()('webhook.locked', (db, p) =>
  reached(db, p).where('w.id', '=', p.id).forNoKeyUpdate('w'),
)
type Paged = Reach & Omit<WebhookPage, 'reach'>
const page = prepare<Paged>()('webhook.page', (db, p) =>
  reached(db, p)
    .where(eb => ifGiven(p.after, 'uuid', eb('w.id', '<', p.after)))
    .where(eb => ifGiven(p.ownerLogin, 'text', eb(lower(eb.ref('w.owner_login')), '=', lower(p.ownerLogin))))
    .orderBy('w.id', 'desc')
    .limit(p.limit),
)
const count = prepare<{ owner: string }>()('webhook.count', (db, p) =>
  db
    .with(
      cte => cte('turn').materialized(),
      q => q.selectNoFrom(sql`pg_advisory_xact_lock(hashtextextended('webhook.' || ${p.owner}, 0))`.as('taken')),
    )
    .selectFrom('turn')
    .leftJoin('webhook as w', join => join.on('w.owner', '=', p.owner))
    .select(eb => eb.fn.count<number>('w.id').as('count')),
)
type Inserted = WebhookFields & WebhookGrant & { readonly owner: string; readonly ownerLogin: string }
const insert = prepare<Inserted>()('webhook.insert', (db, p) =>
  db
    .insertInto('webhook')
    .values(eb => ({
      owner: p.owner,
      owner_login: p.ownerLogin,
      account_id: eb.selectFrom('account').select('id').where(sql<string>`id::text`, '=', p.owner),
      url: p.url,
      description: p.description,
      types: p.types,
      releases: p.releases,
      studies: p.studies,
      enabled: p.enabled,
      disabled_reason: sql<DisabledReason | null>`case when not ${p.enabled} then 'request' end`,
      disabled_at: sql<string | null>`case when not ${p.enabled} then now() end`,
      scopes: p.scopes,
      token_id: p.tokenId,
    }))
    .returning('id'),
)
type Updated = WebhookFields & { readonly id: string; readonly reason: DisabledReason }
const update = prepare<Updated>()('webhook.update', (db, p) =>
  db
    .updateTable('webhook')
    .set(eb => {
      const anew = sql<boolean>`(${p.enabled} and not ${eb.ref('enabled')}) or ${eb.ref('url')} <> ${p.url}`
      const unlessAnew = (column: 'failing_since' | 'last_failed_at' | 'paused_until') =>
        sql<string | null>`case when ${anew} then null else ${eb.ref(column)} end`
      return {
        url: p.url,
        description: p.description,
        types: p.types,
        releases: p.releases,
        studies: p.studies,
        enabled: p.enabled,
        disabled_reason: sql<DisabledReason | null>`
          case when ${p.enabled} then null else coalesce(${eb.ref('disabled_reason')}, ${p.reason}) end`,
        disabled_at: sql<string | null>`
          case when ${p.enabled} then null else coalesce(${eb.ref('disabled_at')}, now()) end`,
        failing_since: unlessAnew('failing_since'),
        last_failed_at: unlessAnew('last_failed_at'),
        paused_until: unlessAnew('paused_until'),
        sequence: eb('sequence', '+', 1),
        updated_at: now,
      }
    })
    .where('id', '=', p.id),
)
const touch = prepare<{ id: string }>()('webhook.touch', (db, p) =>
  db
    .updateTable('webhook')
    .set(eb => ({ sequence: eb('sequence', '+', 1), updated_at: now }))
    .where('id', '=', p.id),
)
const remove = prepare<{ id: string }>()('webhook.delete', (db, p) => db.deleteFrom('webhook').where('id', '=', p.id))

/** What is being settled at the moment is left to who does it, who finds the webhook disabled. */
const giveUp = prepare<{ id: string; error: string }>()('webhook-delivery.give-up', (db, p) =>
  db
    .updateTable('webhook_delivery')
    .set({ state: 'failed', lease: null, settled_at: now, last_error: p.error })
    .where('id', 'in', eb =>
      eb
        .selectFrom('webhook_delivery')
        .select('id')
        .where('webhook_id', '=', p.id)
        .where('state', '=', 'pending')
        .forUpdate()
        .skipLocked(),
    ),
)

export async function findWebhook(from: Queryable, id: string, reach = everything): Promise<WebhookRow | undefined> {
  const [row] = await from.query(byId, { ...reach, id })
  return row
}

/** Locks it before its deliveries, as everything does that changes both. */
export async function lockWebhook(tx: Queryable, id: string, reach = everything): Promise<WebhookRow | undefined> {
  const [row] = await tx.query(locked, { ...reach, id })
  return row
}

export type WebhookPage = {
  /** Id of the last webhook of the page before. */
  readonly after: string | undefined
  readonly reach: Reach
  readonly ownerLogin: string | undefined
  readonly limit: number
}

/** Newest first. */
export function listWebhooks(store: Store, { after, reach, ownerLogin, limit }: WebhookPage): Promise<WebhookRow[]> {
  return store.read(page, { ...reach, after, ownerLogin, limit })
}

/** Of one owner; nobody else adds one to them before the transaction ends. */
export async function countWebhooks(tx: Queryable, owner: string): Promise<number> {
  const [row] = await tx.query(count, { owner })
  return row?.count ?? 0
}

export async function insertWebhook(
  tx: Queryable,
  { subject, login }: Owner,
  fields: WebhookFields,
  grant: WebhookGrant,
): Promise<string> {
  const [row] = await tx.query(insert, { ...fields, ...grant, owner: subject, ownerLogin: login })
  return (row as { id: string }).id
}

/** `reason` counts when it is disabled by this. */
export async function updateWebhook(tx: Queryable, id: string, fields: WebhookFields, reason: DisabledReason) {
  await tx.query(update, { ...fields, id, reason })
}

/** Counts a change that is in another table. */
export async function touchWebhook(tx: Queryable, id: string): Promise<void> {
  await tx.query(touch, { id })
}

/** Its secrets and deliveries go with it. */
export async function deleteWebhook(tx: Queryable, id: string): Promise<void> {
  await tx.query(remove, { id })
}

const disabledText: Readonly<Record<DisabledReason, string>> = {
  request: 'the webhook was disabled',
  gone: 'the webhook was disabled: its receiver answered 410',
  failing: 'the webhook was disabled: it had failed for days',
}

/** Disables a locked webhook: what was to be sent is given up, and can be sent again when it is enabled. */
export async function disableWebhook(tx: Queryable, webhook: WebhookRow, reason: DisabledReason, actor: string) {
  await updateWebhook(tx, webhook.id, { ...webhook, enabled: false }, reason)
  await giveUpPending(tx, webhook.id, reason)
  await tell(tx, webhookEvents.disabled, webhook.id, actor)
}

export async function giveUpPending(tx: Queryable, id: string, reason: DisabledReason): Promise<void> {
  await tx.query(giveUp, { id, error: disabledText[reason] })
}

/** Writes an event about the webhook as it is now. */
export async function tell(tx: Queryable, { noun, verb }: EventType, id: string, actor: string): Promise<void> {
  const webhook = await findWebhook(tx, id)
  if (!webhook) return
  await appendEvents(tx, [eventAbout(webhook, noun, verb, webhook.sequence, actor)])
}

/** Before it is deleted. */
export async function tellDeletion(tx: Queryable, webhook: WebhookRow, actor: string): Promise<void> {
  const { noun, verb } = webhookEvents.deleted
  await appendEvents(tx, [eventAbout(webhook, noun, verb, webhook.sequence + 1, actor)])
}

function eventAbout(webhook: WebhookRow, noun: string, verb: string, sequence: number, actor: string) {
  const { id, owner_login, enabled, disabled_reason, failing_since } = webhook
  const data = { webhook_id: id, owner: owner_login, enabled, disabled_reason, failing_since }
  return { noun, verb, aggregate: id, sequence, actor, data }
}
