import { type DisabledReason, type EventType, webhookEvents } from '@slipway/contracts'
import { appendEvents, type Queryable, type Statement, type Store } from '@slipway/store'
import type { WebhookGrant } from '../identity/delegation.ts'

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
  readonly secrets: readonly { readonly createdAt: string; readonly expiresAt: string | null }[]
}

export type WebhookFields = Pick<WebhookRow, 'url' | 'description' | 'types' | 'releases' | 'studies' | 'enabled'>

/** Who made it; webhooks of accounts go with them. */
export type Owner = { readonly subject: string; readonly login: string }

/** Which webhooks somebody may see and change. */
export type Reach = {
  /** Subject whose they are; null: anybody's. */
  readonly owner: string | null
  /** Only those that are bound to some of these; null: all. */
  readonly scopes: readonly string[] | null
}
const everything: Reach = { owner: null, scopes: null }

const isoTime = (column: string) => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`
const columns = `w.id, w.owner, w.owner_login, w.url, w.description, w.types, w.releases, w.studies, w.enabled,
  w.disabled_reason, w.disabled_at, w.failing_since, w.paused_until, w.scopes,
  (select least(t.expires_at, t.revoked_at) from api_token t where t.id = w.token_id) as ends_at, w.sequence, w.created_at, w.updated_at,
  coalesce((
    select json_agg(json_build_object('createdAt', ${isoTime('s.created_at')}, 'expiresAt', ${isoTime('s.expires_at')})
      order by s.created_at desc)
    from webhook_secret s where s.webhook_id = w.id and (s.expires_at is null or s.expires_at > now())
  ), '[]') as secrets`

const reached = '($2::text is null or w.owner = $2) and ($3::text[] is null or w.scopes <@ $3)'
const byId: Statement = {
  name: 'webhook.by-id',
  text: `select ${columns} from webhook w where w.id = $1 and ${reached}`,
}
const locked: Statement = { name: 'webhook.locked', text: `${byId.text} for no key update of w` }
const page: Statement = {
  name: 'webhook.page',
  text: `select ${columns} from webhook w
    where ($1::uuid is null or w.id < $1) and ${reached} and ($4::text is null or lower(w.owner_login) = lower($4))
    order by w.id desc limit $5`,
}
const count: Statement = {
  name: 'webhook.count',
  text: `with turn as materialized (select pg_advisory_xact_lock(hashtextextended('webhook.' || $1, 0)))
    select count(w.id) as count from turn left join webhook w on w.owner = $1`,
}
const insert: Statement = {
  name: 'webhook.insert',
  text: `insert into webhook
      (owner, owner_login, account_id, url, description, types, releases, studies, enabled, disabled_reason, disabled_at,
        scopes, token_id)
    values ($1, $2, (select id from account where id::text = $1), $3, $4, $5, $6, $7, $8,
      case when not $8 then 'request' end, case when not $8 then now() end, $9, $10)
    returning id`,
}
const update: Statement = {
  name: 'webhook.update',
  text: `update webhook set url = $2, description = $3, types = $4, releases = $5, studies = $6, enabled = $7,
      disabled_reason = case when $7 then null else coalesce(disabled_reason, $8) end,
      disabled_at = case when $7 then null else coalesce(disabled_at, now()) end,
      failing_since = case when ($7 and not enabled) or url <> $2 then null else failing_since end,
      last_failed_at = case when ($7 and not enabled) or url <> $2 then null else last_failed_at end,
      paused_until = case when ($7 and not enabled) or url <> $2 then null else paused_until end,
      sequence = sequence + 1, updated_at = now()
    where id = $1`,
}
const touch: Statement = {
  name: 'webhook.touch',
  text: 'update webhook set sequence = sequence + 1, updated_at = now() where id = $1',
}
const remove: Statement = { name: 'webhook.delete', text: 'delete from webhook where id = $1' }

/** What is being settled at the moment is left to who does it, who finds the webhook disabled. */
const giveUp: Statement = {
  name: 'webhook-delivery.give-up',
  text: `update webhook_delivery set state = 'failed', lease = null, settled_at = now(), last_error = $2
    where id in (
      select id from webhook_delivery where webhook_id = $1 and state = 'pending' for update skip locked)`,
}

export async function findWebhook(from: Queryable, id: string, reach = everything): Promise<WebhookRow | undefined> {
  const [row] = await from.query<WebhookRow>(byId, [id, reach.owner, reach.scopes])
  return row
}

/** Locks it before its deliveries, as everything does that changes both. */
export async function lockWebhook(tx: Queryable, id: string, reach = everything): Promise<WebhookRow | undefined> {
  const [row] = await tx.query<WebhookRow>(locked, [id, reach.owner, reach.scopes])
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
  return store.read<WebhookRow>(page, [after, reach.owner, reach.scopes, ownerLogin, limit])
}

/** Of one owner; nobody else adds one to them before the transaction ends. */
export async function countWebhooks(tx: Queryable, owner: string): Promise<number> {
  const [row] = await tx.query<{ count: number }>(count, [owner])
  return row?.count ?? 0
}

export async function insertWebhook(
  tx: Queryable,
  { subject, login }: Owner,
  fields: WebhookFields,
  { scopes, tokenId }: WebhookGrant,
): Promise<string> {
  const { url, description, types, releases, studies, enabled } = fields
  const values = [subject, login, url, description, types, releases, studies, enabled, scopes, tokenId]
  const [row] = await tx.query<{ id: string }>(insert, values)
  return (row as { id: string }).id
}

/** `reason` counts when it is disabled by this. */
export async function updateWebhook(tx: Queryable, id: string, fields: WebhookFields, reason: DisabledReason) {
  const { url, description, types, releases, studies, enabled } = fields
  await tx.query(update, [id, url, description, types, releases, studies, enabled, reason])
}

/** Counts a change that is in another table. */
export async function touchWebhook(tx: Queryable, id: string): Promise<void> {
  await tx.query(touch, [id])
}

/** Its secrets and deliveries go with it. */
export async function deleteWebhook(tx: Queryable, id: string): Promise<void> {
  await tx.query(remove, [id])
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
  await tx.query(giveUp, [id, disabledText[reason]])
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
