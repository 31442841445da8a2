import type { CallContext } from '@slipway/bus'
import { actorOf, affiliateEvents, applicationEvents, type EventType, type Standing } from '@slipway/contracts'
import { appendEvents, type NewEvent, type Queryable, type Statement } from '@slipway/store'
import { firstDay, lastDay, usagesOf } from '../commercial-usage/usages-of.ts'
import type { AffiliateRow, ApplicationRow } from './affiliate.ts'
import type { Details, StoredDetails } from './affiliate-details.ts'

/** Without its usage reports. */
export const affiliateOwnColumns = (alias: string) =>
  [
    ...['affiliate_id', 'seq', 'created_at', 'creator', 'import_key', 'home_member', 'standing', 'details'],
    'notes_internal',
  ]
    .map(column => `${alias}.${column}`)
    .join(', ')

export const affiliateColumns = (alias: string) => `${affiliateOwnColumns(alias)}, ${usagesOf(alias)}`

export const applicationColumns = (alias: string) =>
  [
    ...['application_id', 'seq', 'application_type', 'affiliate_id', 'username', 'member', 'state', 'created_at'],
    ...['submitted_at', 'completed_at', 'details', 'notes_internal', 'reason', 'snomed_license'],
    'commercial_usage_id',
  ]
    .map(column => `${alias}.${column}`)
    .join(', ')

/** All applications of an affiliate `a`, as JSON. */
export const applicationsOf = `(select coalesce(json_agg(one order by one.application_id), '[]')
    from (select ${applicationColumns('p')} from application p where p.affiliate_id = a.affiliate_id) one)`

export type AffiliateWithApplications = AffiliateRow & { readonly applications: readonly ApplicationRow[] }

const select = `select ${affiliateColumns('a')}, ${applicationsOf} as applications from affiliate a`
const byId: Statement = { name: 'affiliate.by-id', text: `${select} where a.affiliate_id = $1` }
const byLogin: Statement = { name: 'affiliate.by-login', text: `${select} where a.creator = $1` }
const locked: Statement = {
  name: 'affiliate.locked',
  text: `select ${affiliateColumns('a')} from affiliate a where a.affiliate_id = $1 for update`,
}
const save: Statement = {
  name: 'affiliate.save',
  text: `
    update affiliate a set home_member = $2, standing = $3, details = $4, notes_internal = $5, seq = seq + 1
    where affiliate_id = $1 returning ${affiliateColumns('a')}`,
}
const insert: Statement = {
  name: 'affiliate.insert',
  text: `
    insert into affiliate as a (creator, home_member, details)
    values ($1, $2, $3::jsonb || jsonb_build_object('affiliateDetailsId', nextval('entity_id')))
    on conflict (creator) do nothing returning ${affiliateColumns('a')}`,
}
const remove: Statement = { name: 'affiliate.delete', text: 'delete from affiliate where affiliate_id = $1' }
const insertApplication: Statement = {
  name: 'application.insert',
  text: `
    with usage as (
      insert into commercial_usage (affiliate_id, type, start_date, end_date)
      select $2::bigint, $5::jsonb ->> 'type', ${firstDay}, ${lastDay} where $1 = 'PRIMARY'
      on conflict (affiliate_id, start_date, end_date) where effective_to is null do update set type = excluded.type
      returning commercial_usage_id
    )
    insert into application as p (application_type, affiliate_id, username, member, details, commercial_usage_id)
    values ($1, $2, $3, $4, $5::jsonb || jsonb_build_object('affiliateDetailsId', nextval('entity_id')),
      (select commercial_usage_id from usage))
    returning ${applicationColumns('p')}`,
}

type Read = Queryable['query']

export async function findAffiliate(read: Read, id: number): Promise<AffiliateWithApplications | undefined> {
  const [row] = await read<AffiliateWithApplications>(byId, [id])
  return row
}

/** The affiliate that a login acts for; the login in lower case. */
export async function affiliateOf(read: Read, login: string): Promise<AffiliateWithApplications | undefined> {
  const [row] = await read<AffiliateWithApplications>(byLogin, [login])
  return row
}

export async function lockAffiliate(tx: Queryable, id: number): Promise<AffiliateRow | undefined> {
  const [row] = await tx.query<AffiliateRow>(locked, [id])
  return row
}

/** What may change of an affiliate. */
export type AffiliateChange = {
  readonly home_member?: string
  readonly standing?: Standing
  /** The id of the details stays that of the affiliate, whomever they are copied from. */
  readonly details?: Details
  readonly notes_internal?: string | null
}

type Cause = Pick<CallContext, 'identity' | 'traceparent'>

/** Saves a locked affiliate and writes its event. */
export async function saveAffiliate(
  tx: Queryable,
  row: AffiliateRow,
  change: AffiliateChange,
  cause: Cause,
): Promise<AffiliateRow> {
  const { home_member, standing, details, notes_internal } = { ...row, ...change }
  const document: StoredDetails = { ...details, affiliateDetailsId: row.details.affiliateDetailsId }
  const [saved] = await tx.query<AffiliateRow>(save, [
    row.affiliate_id,
    home_member,
    standing,
    document,
    notes_internal,
  ])
  await appendEvents(tx, [affiliateEvent(affiliateEvents.updated, saved as AffiliateRow, cause)])
  return saved as AffiliateRow
}

/** Deletes a locked affiliate that has no applications any more, and writes its event. */
export async function deleteAffiliate(tx: Queryable, row: AffiliateRow, cause: Cause): Promise<void> {
  await tx.query(remove, [row.affiliate_id])
  await appendEvents(tx, [affiliateEvent(affiliateEvents.deleted, { ...row, seq: row.seq + 1 }, cause)])
}

/** Makes an affiliate for a login; undefined if it has one. */
export async function insertAffiliate(
  tx: Queryable,
  login: string,
  member: string,
  details: Details,
  cause: Cause,
): Promise<AffiliateRow | undefined> {
  const [row] = await tx.query<AffiliateRow>(insert, [login, member, details])
  if (row) await appendEvents(tx, [affiliateEvent(affiliateEvents.created, row, cause)])
  return row
}

/**
 * A primary one comes with a usage report of the current calendar year.
 * @throws a unique violation of `application_primary` for a second primary one
 */
export async function addApplication(
  tx: Queryable,
  affiliate: AffiliateRow,
  type: ApplicationRow['application_type'],
  member: string,
  login: string,
  cause: Cause,
): Promise<ApplicationRow> {
  const values = [type, affiliate.affiliate_id, login, member, affiliate.details]
  const [row] = await tx.query<ApplicationRow>(insertApplication, values)
  await appendEvents(tx, [applicationEvent(applicationEvents.created, row as ApplicationRow, cause)])
  return row as ApplicationRow
}

export function affiliateEvent(type: EventType, row: AffiliateRow, cause: Cause): NewEvent {
  const { affiliate_id, seq, creator, home_member, standing } = row
  const data = { affiliate_id, login: creator, home_member, standing }
  return event(type, affiliate_id, seq, data, cause)
}

export function applicationEvent(type: EventType, row: ApplicationRow, cause: Cause): NewEvent {
  const { application_id, seq, application_type, affiliate_id, username, member, state } = row
  const data = { application_id, application_type, affiliate_id, login: username, member, approval_state: state }
  return event(type, application_id, seq, data, cause)
}

function event({ noun, verb }: EventType, id: number, sequence: number, data: object, cause: Cause): NewEvent {
  const { identity, traceparent } = cause
  return { noun, verb, aggregate: String(id), sequence, actor: actorOf(identity), traceparent, data }
}
