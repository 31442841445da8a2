import type { CallContext } from '@slipway/bus'
import { actorOf, affiliateEvents, applicationEvents, type EventType, type Standing } from '@slipway/contracts'
import { appendEvents, type NewEvent, type Queryable } from '@slipway/store'
import { type Expression, type Kysely, sql } from 'kysely'
import { firstDay, lastDay } from '../commercial-usage/usages-of.ts'
import type { Database } from '../database.ts'
import { prepare } from '../sql.ts'
import type { AffiliateRow, ApplicationRow } from './affiliate.ts'
import type { Details, StoredDetails } from './affiliate-details.ts'
import { affiliateColumns, applicationColumns, applications } from './columns.ts'

export type AffiliateWithApplications = AffiliateRow & { readonly applications: readonly ApplicationRow[] }

const whole = (db: Kysely<Database>) => db.selectFrom('affiliate as a').select([...affiliateColumns('a'), applications])
const byId = prepare<{ id: number }>()('affiliate.by-id', (db, p) => whole(db).where('a.affiliate_id', '=', p.id))
const byLogin = prepare<{ login: string }>()('affiliate.by-login', (db, p) =>
  whole(db).where('a.creator', '=', p.login),
)
const locked = prepare<{ id: number }>()('affiliate.locked', (db, p) =>
  db.selectFrom('affiliate as a').select(affiliateColumns('a')).where('a.affiliate_id', '=', p.id).forUpdate(),
)

type Saved = Pick<AffiliateRow, 'affiliate_id' | 'home_member' | 'standing' | 'details' | 'notes_internal'>
const save = prepare<Saved>()('affiliate.save', (db, p) =>
  db
    .updateTable('affiliate as a')
    .set(eb => ({
      home_member: p.home_member,
      standing: p.standing,
      details: p.details,
      notes_internal: p.notes_internal,
      seq: eb('a.seq', '+', 1),
    }))
    .where('a.affiliate_id', '=', p.affiliate_id)
    .returning(affiliateColumns('a')),
)

/** Details with an id of their own. */
export const withId = (details: Expression<unknown>) =>
  sql`${details} || jsonb_build_object('affiliateDetailsId', nextval('entity_id'))`

type Added = { readonly login: string; readonly member: string; readonly details: Details }
const insert = prepare<Added>()('affiliate.insert', (db, p) =>
  db
    .insertInto('affiliate')
    .values({ creator: p.login, home_member: p.member, details: withId(sql`${p.details}::jsonb`) })
    .onConflict(taken => taken.column('creator').doNothing())
    .returning(affiliateColumns('affiliate')),
)
const remove = prepare<{ id: number }>()('affiliate.delete', (db, p) =>
  db.deleteFrom('affiliate').where('affiliate_id', '=', p.id),
)

type Applied = Added & { readonly type: ApplicationRow['application_type']; readonly affiliate: number }
const insertApplication = prepare<Applied>()('application.insert', (db, p) => {
  const details = sql`${p.details}::jsonb`
  return db
    .with('usage', q =>
      q
        .insertInto('commercial_usage')
        .columns(['affiliate_id', 'type', 'start_date', 'end_date'])
        .expression(
          db
            .selectNoFrom([
              sql<number>`${p.affiliate}::bigint`.as('affiliate_id'),
              sql<string | null>`${details} ->> 'type'`.as('type'),
              firstDay.as('start_date'),
              lastDay.as('end_date'),
            ])
            .where(p.type, '=', 'PRIMARY'),
        )
        .onConflict(known =>
          known
            .columns(['affiliate_id', 'start_date', 'end_date'])
            .where('effective_to', 'is', null)
            .doUpdateSet(eb => ({ type: eb.ref('excluded.type') })),
        )
        .returning('commercial_usage_id'),
    )
    .insertInto('application')
    .values(eb => ({
      application_type: p.type,
      affiliate_id: p.affiliate,
      username: p.login,
      member: p.member,
      details: withId(details),
      commercial_usage_id: eb.selectFrom('usage').select('commercial_usage_id'),
    }))
    .returning(applicationColumns('application'))
})

type Read = Queryable['query']

export async function findAffiliate(read: Read, id: number): Promise<AffiliateWithApplications | undefined> {
  const [row] = await read(byId, { id })
  return row
}

/** The affiliate that a login acts for; the login in lower case. */
export async function affiliateOf(read: Read, login: string): Promise<AffiliateWithApplications | undefined> {
  const [row] = await read(byLogin, { login })
  return row
}

export async function lockAffiliate(tx: Queryable, id: number): Promise<AffiliateRow | undefined> {
  const [row] = await tx.query(locked, { id })
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
  const next = { ...row, ...change }
  const details: StoredDetails = { ...next.details, affiliateDetailsId: row.details.affiliateDetailsId }
  const [saved] = await tx.query(save, { ...next, details })
  await appendEvents(tx, [affiliateEvent(affiliateEvents.updated, saved as AffiliateRow, cause)])
  return saved as AffiliateRow
}

/** Deletes a locked affiliate that has no applications any more, and writes its event. */
export async function deleteAffiliate(tx: Queryable, row: AffiliateRow, cause: Cause): Promise<void> {
  await tx.query(remove, { id: row.affiliate_id })
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
  const [row] = await tx.query(insert, { login, member, details })
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
  const { affiliate_id, details } = affiliate
  const [row] = await tx.query(insertApplication, { type, affiliate: affiliate_id, login, member, details })
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
