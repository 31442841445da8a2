import { usageReviewColumns } from '@slipway/contracts'
import type { Statement, Store } from '@slipway/store'
import { withoutFormula } from '../affiliate/affiliate-table.ts'
import { instantOf } from '../instant.ts'
import { inParts } from '../records/json-array.ts'

type Column = (typeof usageReviewColumns)[number]
type ReviewRow = Readonly<Record<Column, string | number | null>>

/** Those of the organisation that runs this are no licensees. */
const submitted: Statement = {
  name: 'commercial-usage.review',
  text: `
    select u.commercial_usage_id as id from commercial_usage u join affiliate a on a.affiliate_id = u.affiliate_id
    where u.state = 'SUBMITTED' and u.effective_to is null
      and coalesce(a.details ->> 'email', '') not like '%ihtsdo.org%'
    order by a.details ->> 'organizationName', a.affiliate_id, u.commercial_usage_id`,
}
const texts = [
  ...['agreementType', 'organizationName', 'organizationType'].map(name => `a.details ->> '${name}' as "${name}"`),
  ...['currentUsage', 'plannedUsage', 'purpose', 'implementationStatus', 'otherActivities'].map(
    name => `u.context ->> '${name}' as "${name}"`,
  ),
]
const counts = [
  'snomedPractices',
  'hospitalsStaffingPractices',
  'databasesPerDeployment',
  'deployedDataAnalysisSystems',
].map(name => `coalesce((c.counts ->> '${name}')::int, 0) as "${name}"`)
/** As MLDS makes it: each country of the report beside each country that it has institutions in, and how many. */
const rows: Statement = {
  name: 'commercial-usage.review-rows',
  text: `
    select a.affiliate_id as "affiliateId", a.home_member as member, e.country as "deploymentCountry",
      c.country as "affiliateCountry", u.start_date::text as "startDate", u.end_date::text as "endDate",
      a.standing as "standingState", a.created_at as created,
      (a.details ->> 'firstName') || ' ' || (a.details ->> 'lastName') as applicant,
      (a.details ->> 'type') || '-' || (a.details ->> 'subType') as type,
      ${[...texts, ...counts].join(', ')}, coalesce(e.hospitals, 0) as hospitals
    from unnest($1::bigint[]) with ordinality as wanted (id, place)
    join commercial_usage u on u.commercial_usage_id = wanted.id join affiliate a on a.affiliate_id = u.affiliate_id
    join commercial_usage_country c on c.commercial_usage_id = u.commercial_usage_id
    left join lateral (
      select country, count(*) as hospitals from commercial_usage_entry
      where commercial_usage_id = u.commercial_usage_id group by country
    ) e on true
    order by wanted.place, c.commercial_usage_count_id, e.country`,
}
const part = 100

/** How MySQL, and so MLDS, writes that there is no value. */
const nothing = '\\N'

/** What submitted reports say, as rows of a table; its reader makes a file for a spreadsheet of it. */
export async function* reviewRows(store: Pick<Store, 'read'>): AsyncGenerator<readonly (string | number)[][]> {
  const ids = (await store.read<{ id: number }>(submitted)).map(({ id }) => id)
  yield* inParts(ids, part, async some => (await store.read<ReviewRow>(rows, [some])).map(rowOf))
}

function rowOf(row: ReviewRow): (string | number)[] {
  const shown = { ...row, created: instantOf(row.created as string) }
  return usageReviewColumns.map(name => {
    const value = shown[name]
    if (value === null) return nothing
    return typeof value === 'string' ? withoutFormula(value) : value
  })
}
