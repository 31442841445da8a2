import type { CallContext } from '@slipway/bus'
import { applicationEvents } from '@slipway/contracts'
import { appendEvents, type Queryable, rowJson, type Store } from '@slipway/store'
import { expressionBuilder, type Kysely, type SqlBool, sql } from 'kysely'
import { applicationEvent } from '../affiliate/affiliate.store.ts'
import type { AffiliateRow, ApplicationRow } from '../affiliate/affiliate.ts'
import type { Details } from '../affiliate/affiliate-details.ts'
import { affiliateColumns, applicationColumns } from '../affiliate/columns.ts'
import {
  type ListGrammar,
  type ListRequest,
  type MldsParameters,
  type PageParameters,
  pageOf,
  readList,
  statementsByOrder,
} from '../affiliate/query.ts'
import type { Database } from '../database.ts'
import { prepare } from '../sql.ts'

/** An application with its affiliate. */
export type ApplicationOfAffiliate = ApplicationRow & { readonly affiliate: AffiliateRow }

const eb = expressionBuilder<Database & { p: Database['application'] }, 'p'>()

const whole = (db: Kysely<Database>) =>
  db
    .selectFrom('application as p')
    .innerJoin('affiliate as a', 'a.affiliate_id', 'p.affiliate_id')
    .select([...applicationColumns('p'), rowJson(affiliateColumns('a')).as('affiliate')])

const byId = prepare<{ id: number }>()('application.by-id', (db, p) => whole(db).where('p.application_id', '=', p.id))
const firstOf = prepare<{ login: string }>()('application.first-of', (db, p) =>
  whole(db).where('a.creator', '=', p.login).orderBy('p.application_id').limit(sql.lit(1)),
)
/** The affiliate first, as everybody does who changes both. */
const lock = prepare<{ id: number }>()('application.lock', (db, p) =>
  db
    .with(
      cte => cte('affiliate_first').materialized(),
      q =>
        q
          .selectFrom('affiliate')
          .select('affiliate_id')
          .where('affiliate_id', '=', own =>
            own.selectFrom('application').select('affiliate_id').where('application_id', '=', p.id),
          )
          .forUpdate(),
    )
    .selectFrom('application')
    .select('application_id')
    .where('affiliate_id', 'in', q => q.selectFrom('affiliate_first').select('affiliate_id'))
    .where('application_id', '=', p.id)
    .forUpdate(),
)

type Saved = Pick<
  ApplicationRow,
  'application_id' | 'member' | 'state' | 'details' | 'notes_internal' | 'reason' | 'snomed_license'
> & { readonly submits: boolean; readonly completes: boolean }
const save = prepare<Saved>()('application.save', (db, p) =>
  db
    .updateTable('application as p')
    .set(q => ({
      member: p.member,
      state: p.state,
      submitted_at: q.case().when(p.submits).then(q.fn<string>('now')).else(q.ref('p.submitted_at')).end(),
      completed_at: q.case().when(p.completes).then(q.fn<string>('now')).else(q.ref('p.completed_at')).end(),
      details: p.details,
      notes_internal: p.notes_internal,
      reason: p.reason,
      snomed_license: p.snomed_license,
      seq: q('p.seq', '+', 1),
    }))
    .where('p.application_id', '=', p.application_id)
    .returning(applicationColumns('p')),
)
const remove = prepare<{ id: number }>()('application.delete', (db, p) =>
  db.deleteFrom('application').where('application_id', '=', p.id),
)

const detail = (name: 'firstName' | 'lastName' | 'agreementType' | 'type' | 'subType' | 'email') =>
  sql`${eb.ref('p.details')} ->> ${sql.lit(name)}`
const country = eb
  .selectFrom('country as c')
  .select('c.common_name')
  .where('c.iso_code2', '=', sql<string>`${eb.ref('p.details')} #>> '{address,country}'`)

type Names = 'pending' | 'members'
const grammar: ListGrammar<Names> = {
  filters: [
    { pattern: /^approvalState\/pending eq true$/, name: 'pending' },
    { pattern: /^homeMember eq '(\w+)'$/, name: 'members', kind: 'member' },
  ],
  orders: {
    applicationId: [eb.ref('p.application_id')],
    affiliateName: [detail('firstName'), detail('lastName')],
    applicationType: [eb.ref('p.application_type')],
    agreementType: [detail('agreementType')],
    useType: [detail('type'), detail('subType')],
    submittedAt: [eb.ref('p.submitted_at')],
    approvalState: [eb.ref('p.state')],
    country: [country],
    member: [eb.ref('p.member')],
    email: [detail('email')],
  },
}
const lists = statementsByOrder('application.list', grammar, eb.ref('p.application_id'), (name, order) =>
  prepare<ListRequest<Names>['values'] & PageParameters>()(name, (db, p) =>
    whole(db)
      .where(q => sql<SqlBool>`${q.ref('p.member')} = all(${p.members}::text[])`)
      .where(q =>
        q.or([
          sql<SqlBool>`cardinality(${p.pending}::text[]) = 0`,
          q('p.state', 'in', ['SUBMITTED', 'RESUBMITTED', 'REVIEW_REQUESTED', 'CHANGE_REQUESTED']),
        ]),
      )
      .orderBy(order)
      .limit(p.limit)
      .offset(p.offset),
  ),
)

type Read = Queryable['query']

/** The request for a page of applications. @throws `refused` */
export const readApplicationList = (query: MldsParameters): ListRequest<Names> => readList(query, grammar)

export function listApplications(
  store: Pick<Store, 'read'>,
  request: ListRequest<Names>,
): Promise<ApplicationOfAffiliate[]> {
  return store.read(lists(request.order), { ...request.values, ...pageOf(request) })
}

export async function findApplication(read: Read, id: number): Promise<ApplicationOfAffiliate | undefined> {
  const [row] = await read(byId, { id })
  return row
}

/** The oldest application of a login: its primary one. */
export async function firstApplicationOf(read: Read, login: string): Promise<ApplicationOfAffiliate | undefined> {
  const [row] = await read(firstOf, { login })
  return row
}

/** The application and its affiliate, both locked. */
export async function lockApplication(tx: Queryable, id: number): Promise<ApplicationOfAffiliate | undefined> {
  await tx.query(lock, { id })
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
  const next = { ...row, ...change }
  const details = { ...next.details, affiliateDetailsId: row.details.affiliateDetailsId }
  const { submits = false, completes = false } = change
  const [saved] = await tx.query(save, { ...next, details, submits, completes })
  await appendEvents(tx, [applicationEvent(applicationEvents.updated, saved as ApplicationRow, cause)])
  return saved as ApplicationRow
}

export async function deleteApplication(tx: Queryable, row: ApplicationRow, cause: Cause): Promise<void> {
  await tx.query(remove, { id: row.application_id })
  await appendEvents(tx, [applicationEvent(applicationEvents.deleted, { ...row, seq: row.seq + 1 }, cause)])
}
