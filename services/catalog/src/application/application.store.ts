import type { CallContext } from '@slipway/bus'
import { applicationEvents } from '@slipway/contracts'
import { appendEvents, type Queryable, type Statement, type Store, valuesOf } from '@slipway/store'
import { affiliateColumns, applicationColumns, applicationEvent } from '../affiliate/affiliate.store.ts'
import type { AffiliateRow, ApplicationRow } from '../affiliate/affiliate.ts'
import type { Details } from '../affiliate/affiliate-details.ts'
import {
  type ListGrammar,
  type ListRequest,
  type MldsParameters,
  readList,
  statementsByOrder,
} from '../affiliate/query.ts'

/** An application with its affiliate. */
export type ApplicationOfAffiliate = ApplicationRow & { readonly affiliate: AffiliateRow }

const select = `
  select ${applicationColumns('p')}, (select row_to_json(one) from (select ${affiliateColumns('a')}) one) as affiliate
  from application p join affiliate a on a.affiliate_id = p.affiliate_id`

const byId: Statement = { name: 'application.by-id', text: `${select} where p.application_id = $1` }
const firstOf: Statement = {
  name: 'application.first-of',
  text: `${select} where a.creator = $1 order by p.application_id limit 1`,
}
/** The affiliate first, as everybody does who changes both. */
const lock: Statement = {
  name: 'application.lock',
  text: `
    with affiliate_first as materialized (
      select affiliate_id from affiliate
      where affiliate_id = (select affiliate_id from application where application_id = $1) for update
    )
    select application_id from application where affiliate_id in (select affiliate_id from affiliate_first)
      and application_id = $1 for update`,
}
const save: Statement = {
  name: 'application.save',
  text: `
    update application p set member = $2, state = $3, submitted_at = case when $4 then now() else submitted_at end,
      completed_at = case when $5 then now() else completed_at end, details = $6, notes_internal = $7, reason = $8,
      snomed_license = $9, seq = seq + 1
    where application_id = $1 returning ${applicationColumns('p')}`,
}
const remove: Statement = { name: 'application.delete', text: 'delete from application where application_id = $1' }

const grammar: ListGrammar = {
  filters: [
    { pattern: /^approvalState\/pending eq true$/, name: 'pending' },
    { pattern: /^homeMember eq '(\w+)'$/, name: 'members', kind: 'member' },
  ],
  orders: {
    applicationId: ['p.application_id'],
    affiliateName: [`p.details ->> 'firstName'`, `p.details ->> 'lastName'`],
    applicationType: ['p.application_type'],
    agreementType: [`p.details ->> 'agreementType'`],
    useType: [`p.details ->> 'type'`, `p.details ->> 'subType'`],
    submittedAt: ['p.submitted_at'],
    approvalState: ['p.state'],
    country: [`(select c.common_name from country c where c.iso_code2 = p.details #>> '{address,country}')`],
    member: ['p.member'],
    email: [`p.details ->> 'email'`],
  },
}
const lists = statementsByOrder(
  'application.list',
  grammar,
  'p.application_id',
  order => `
    ${select}
    where p.member = all(:members::text[]) and (
      cardinality(:pending::text[]) = 0
      or p.state in ('SUBMITTED', 'RESUBMITTED', 'REVIEW_REQUESTED', 'CHANGE_REQUESTED')
    )
    order by ${order} limit :page_size offset :skipped`,
)

type Read = Queryable['query']

/** The request for a page of applications. @throws `refused` */
export const readApplicationList = (query: MldsParameters): ListRequest => readList(query, grammar)

export function listApplications(
  store: Pick<Store, 'read'>,
  { values, order, page, pageSize }: ListRequest,
): Promise<ApplicationOfAffiliate[]> {
  const list = lists.get(order) as NonNullable<ReturnType<typeof lists.get>>
  return store.read(list.statement, valuesOf(list, { ...values, page_size: pageSize, skipped: page * pageSize }))
}

export async function findApplication(read: Read, id: number): Promise<ApplicationOfAffiliate | undefined> {
  const [row] = await read<ApplicationOfAffiliate>(byId, [id])
  return row
}

/** The oldest application of a login: its primary one. */
export async function firstApplicationOf(read: Read, login: string): Promise<ApplicationOfAffiliate | undefined> {
  const [row] = await read<ApplicationOfAffiliate>(firstOf, [login])
  return row
}

/** The application and its affiliate, both locked. */
export async function lockApplication(tx: Queryable, id: number): Promise<ApplicationOfAffiliate | undefined> {
  await tx.query(lock, [id])
  return findApplication(tx.query, id)
}

export type ApplicationChange = Partial<
  Pick<ApplicationRow, 'member' | 'state' | 'notes_internal' | 'reason' | 'snomed_license'>
> & {
  readonly details?: Details
  /** These moments become now. */
  readonly submits?: boolean
  readonly completes?: boolean
}

type Cause = Pick<CallContext, 'identity' | 'traceparent'>

/** Saves a locked application and writes its event. */
export async function saveApplication(
  tx: Queryable,
  row: ApplicationRow,
  change: ApplicationChange,
  cause: Cause,
): Promise<ApplicationRow> {
  const { member, state, details, notes_internal, reason, snomed_license } = { ...row, ...change }
  const document = { ...details, affiliateDetailsId: row.details.affiliateDetailsId }
  const { submits = false, completes = false } = change
  const values = [member, state, submits, completes, document, notes_internal, reason, snomed_license]
  const [saved] = await tx.query<ApplicationRow>(save, [row.application_id, ...values])
  await appendEvents(tx, [applicationEvent(applicationEvents.updated, saved as ApplicationRow, cause)])
  return saved as ApplicationRow
}

export async function deleteApplication(tx: Queryable, row: ApplicationRow, cause: Cause): Promise<void> {
  await tx.query(remove, [row.application_id])
  await appendEvents(tx, [applicationEvent(applicationEvents.deleted, { ...row, seq: row.seq + 1 }, cause)])
}
