import type { Viewer } from '@slipway/contracts'
import { rowJson, type Store } from '@slipway/store'
import { expressionBuilder, type SqlBool, sql } from 'kysely'
import { affiliateOwnColumns } from '../affiliate/columns.ts'
import {
  type ListGrammar,
  type ListRequest,
  type MldsParameters,
  type PageParameters,
  pageOf,
  readList,
  statementsByOrder,
} from '../affiliate/query.ts'
import type { Countries } from '../country/country.store.ts'
import type { Database } from '../database.ts'
import { inOrder } from '../in-order.ts'
import { inParts } from '../records/json-array.ts'
import { prepare } from '../sql.ts'
import type { UsageRow } from './commercial-usage.ts'
import { shownReport } from './report.ts'
import { usageColumns } from './usages-of.ts'

type Rows = { u: Database['commercial_usage']; a: Database['affiliate'] }
const eb = expressionBuilder<Database & Rows, keyof Rows>()

const detailsOf = (name: 'firstName' | 'lastName' | 'email' | 'organizationName' | 'agreementType') => [
  sql`${eb.ref('a.details')} ->> ${sql.lit(name)}`,
]

const grammar: ListGrammar<'submitted'> = {
  filters: [{ pattern: /^approvalState\/not submitted eq false$/, name: 'submitted' }],
  orders: {
    commercialUsageId: [eb.ref('u.commercial_usage_id')],
    type: [eb.ref('u.type')],
    created: [eb.ref('u.created_at')],
    startDate: [eb.ref('u.start_date')],
    endDate: [eb.ref('u.end_date')],
    state: [eb.ref('u.state')],
    note: [eb.ref('u.note')],
    submitted: [eb.ref('u.submitted_at')],
    effectiveTo: [eb.ref('u.effective_to')],
    'affiliate.affiliateId': [eb.ref('a.affiliate_id')],
    'affiliate.creator': [eb.ref('a.creator')],
    'affiliate.homeMember.key': [eb.ref('a.home_member')],
    'affiliate.standingState': [eb.ref('a.standing')],
    'affiliate.affiliateDetails.firstName': detailsOf('firstName'),
    'affiliate.affiliateDetails.lastName': detailsOf('lastName'),
    'affiliate.affiliateDetails.email': detailsOf('email'),
    'affiliate.affiliateDetails.organizationName': detailsOf('organizationName'),
    'affiliate.affiliateDetails.agreementType': detailsOf('agreementType'),
  },
  names: { order: 'orderby', page: 'page', pageSize: 'size' },
  usualOrder: 'startDate desc',
}

/** With the filter only those that count and were submitted once. */
const lists = statementsByOrder('commercial-usage.list', grammar, eb.ref('u.commercial_usage_id'), (name, order) =>
  prepare<ListRequest<'submitted'>['values'] & PageParameters>()(name, (db, p) =>
    db
      .selectFrom('commercial_usage as u')
      .innerJoin('affiliate as a', 'a.affiliate_id', 'u.affiliate_id')
      .select('u.commercial_usage_id as id')
      .where(q =>
        q.or([
          sql<SqlBool>`cardinality(${p.submitted}::text[]) = 0`,
          q.and([q('u.state', '<>', 'NOT_SUBMITTED'), q('u.effective_to', 'is', null)]),
        ]),
      )
      .orderBy(order)
      .limit(p.limit)
      .offset(p.offset),
  ),
)
const withoutUsages = sql<UsageRow[]>`'[]'::json`.as('usages')
const byIds = prepare<{ ids: readonly number[] }>()('commercial-usage.by-ids', (db, p) =>
  db
    .selectFrom(inOrder(p.ids))
    .innerJoin('commercial_usage as u', 'u.commercial_usage_id', 'wanted.id')
    .innerJoin('affiliate as a', 'a.affiliate_id', 'u.affiliate_id')
    .select([rowJson(usageColumns).as('usage'), rowJson([...affiliateOwnColumns('a'), withoutUsages]).as('affiliate')])
    .orderBy('wanted.place'),
)
/** Reports that are read at a time: each may have thousands of institutions. */
const part = 20

/** The request for a page of reports; orders are `FIELD,asc` and `FIELD,desc`. @throws `refused` */
export function readReportList(query: MldsParameters): ListRequest<'submitted'> {
  const given = (query.orderby ?? []).map(text => text.replace(/,\s*asc$/i, '').replace(/,\s*desc$/i, ' desc'))
  return readList({ ...query, orderby: given }, grammar)
}

export async function listReports(store: Pick<Store, 'read'>, request: ListRequest<'submitted'>): Promise<number[]> {
  const rows = await store.read(lists(request.order), { ...request.values, ...pageOf(request) })
  return rows.map(({ id }) => id)
}

/** Reports with their affiliates as the API shows them, in the order of these ids. */
export function reportBodies(
  store: Pick<Store, 'read'>,
  ids: readonly number[],
  viewer: Viewer,
  countries: Countries,
): AsyncGenerator<readonly object[]> {
  return inParts(ids, part, async some => {
    const rows = await store.read(byIds, { ids: some })
    return rows.map(row => shownReport({ ...row, viewer }, countries))
  })
}
