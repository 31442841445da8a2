import type { Viewer } from '@slipway/contracts'
import { type NamedStatement, type Statement, type Store, valuesOf } from '@slipway/store'
import { affiliateOwnColumns } from '../affiliate/affiliate.store.ts'
import type { AffiliateRow } from '../affiliate/affiliate.ts'
import {
  type ListGrammar,
  type ListRequest,
  type MldsParameters,
  readList,
  statementsByOrder,
} from '../affiliate/query.ts'
import type { Countries } from '../country/country.store.ts'
import { inParts } from '../records/json-array.ts'
import type { UsageRow } from './commercial-usage.ts'
import { shownReport } from './report.ts'
import { usageColumns } from './usages-of.ts'

const detailsOf = (name: string) => [`a.details ->> '${name}'`]

const grammar: ListGrammar = {
  filters: [{ pattern: /^approvalState\/not submitted eq false$/, name: 'submitted' }],
  orders: {
    commercialUsageId: ['u.commercial_usage_id'],
    type: ['u.type'],
    created: ['u.created_at'],
    startDate: ['u.start_date'],
    endDate: ['u.end_date'],
    state: ['u.state'],
    note: ['u.note'],
    submitted: ['u.submitted_at'],
    effectiveTo: ['u.effective_to'],
    'affiliate.affiliateId': ['a.affiliate_id'],
    'affiliate.creator': ['a.creator'],
    'affiliate.homeMember.key': ['a.home_member'],
    'affiliate.standingState': ['a.standing'],
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
const lists = statementsByOrder(
  'commercial-usage.list',
  grammar,
  'u.commercial_usage_id',
  order => `
    select u.commercial_usage_id as id from commercial_usage u join affiliate a on a.affiliate_id = u.affiliate_id
    where cardinality(:submitted::text[]) = 0 or (u.state <> 'NOT_SUBMITTED' and u.effective_to is null)
    order by ${order} limit :page_size offset :skipped`,
)
const byIds: Statement = {
  name: 'commercial-usage.by-ids',
  text: `
    select (select row_to_json(one) from (select ${usageColumns}) one) as usage,
      (select row_to_json(one) from (select ${affiliateOwnColumns('a')}, '[]'::json as usages) one) as affiliate
    from unnest($1::bigint[]) with ordinality as wanted (id, place)
    join commercial_usage u on u.commercial_usage_id = wanted.id join affiliate a on a.affiliate_id = u.affiliate_id
    order by wanted.place`,
}
/** Reports that are read at a time: each may have thousands of institutions. */
const part = 20

/** The request for a page of reports; orders are `FIELD,asc` and `FIELD,desc`. @throws `refused` */
export function readReportList(query: MldsParameters): ListRequest {
  const given = (query.orderby ?? []).map(text => text.replace(/,\s*asc$/i, '').replace(/,\s*desc$/i, ' desc'))
  return readList({ ...query, orderby: given }, grammar)
}

export async function listReports(
  store: Pick<Store, 'read'>,
  { values, order, page, pageSize }: ListRequest,
): Promise<number[]> {
  const list = lists.get(order) as NamedStatement
  const given = { ...values, page_size: pageSize, skipped: page * pageSize }
  return (await store.read<{ id: number }>(list.statement, valuesOf(list, given))).map(({ id }) => id)
}

/** Reports with their affiliates as the API shows them, in the order of these ids. */
export function reportBodies(
  store: Pick<Store, 'read'>,
  ids: readonly number[],
  viewer: Viewer,
  countries: Countries,
): AsyncGenerator<readonly object[]> {
  return inParts(ids, part, async some => {
    const rows = await store.read<{ usage: UsageRow; affiliate: AffiliateRow }>(byIds, [some])
    return rows.map(row => shownReport({ ...row, viewer }, countries))
  })
}
