import { usageReviewColumns } from '@slipway/contracts'
import type { Store } from '@slipway/store'
import { expressionBuilder, sql } from 'kysely'
import { withoutFormula } from '../affiliate/affiliate-table.ts'
import type { Database } from '../database.ts'
import { inOrder } from '../in-order.ts'
import { instantOf } from '../instant.ts'
import { inParts } from '../records/json-array.ts'
import { prepare } from '../sql.ts'

type Column = (typeof usageReviewColumns)[number]
type ReviewRow = Readonly<Record<Column, string | number | null>>

/** Those of the organisation that runs this are no licensees. */
const submitted = prepare()('commercial-usage.review', db =>
  db
    .selectFrom('commercial_usage as u')
    .innerJoin('affiliate as a', 'a.affiliate_id', 'u.affiliate_id')
    .select('u.commercial_usage_id as id')
    .where('u.state', '=', 'SUBMITTED')
    .where('u.effective_to', 'is', null)
    .where(sql<string>`coalesce(a.details ->> 'email', '')`, 'not like', '%ihtsdo.org%')
    .orderBy(sql`a.details ->> 'organizationName'`)
    .orderBy('a.affiliate_id')
    .orderBy('u.commercial_usage_id'),
)

type Rows = { a: Database['affiliate']; u: Database['commercial_usage']; c: Database['commercial_usage_country'] }
const eb = expressionBuilder<Database & Rows, keyof Rows>()
const texts = [
  ...(['agreementType', 'organizationName', 'organizationType'] as const).map(name =>
    sql<string | null>`${eb.ref('a.details')} ->> ${sql.lit(name)}`.as(name),
  ),
  ...(['currentUsage', 'plannedUsage', 'purpose', 'implementationStatus', 'otherActivities'] as const).map(name =>
    sql<string | null>`${eb.ref('u.context')} ->> ${sql.lit(name)}`.as(name),
  ),
]
const counts = (
  ['snomedPractices', 'hospitalsStaffingPractices', 'databasesPerDeployment', 'deployedDataAnalysisSystems'] as const
).map(name => sql<number>`coalesce((${eb.ref('c.counts')} ->> ${sql.lit(name)})::int, 0)`.as(name))

/** As MLDS makes it: each country of the report beside each country that it has institutions in, and how many. */
const rows = prepare<{ ids: readonly number[] }>()('commercial-usage.review-rows', (db, p) =>
  db
    .selectFrom(inOrder(p.ids))
    .innerJoin('commercial_usage as u', 'u.commercial_usage_id', 'wanted.id')
    .innerJoin('affiliate as a', 'a.affiliate_id', 'u.affiliate_id')
    .innerJoin('commercial_usage_country as c', 'c.commercial_usage_id', 'u.commercial_usage_id')
    .leftJoinLateral(
      q =>
        q
          .selectFrom('commercial_usage_entry')
          .select(e => ['country', e.fn.countAll<number>().as('hospitals')])
          .whereRef('commercial_usage_id', '=', 'u.commercial_usage_id')
          .groupBy('country')
          .as('e'),
      join => join.onTrue(),
    )
    .select(q => [
      'a.affiliate_id as affiliateId',
      'a.home_member as member',
      'e.country as deploymentCountry',
      'c.country as affiliateCountry',
      q.cast<string>('u.start_date', 'text').as('startDate'),
      q.cast<string>('u.end_date', 'text').as('endDate'),
      'a.standing as standingState',
      'a.created_at as created',
      sql<string | null>`(a.details ->> 'firstName') || ' ' || (a.details ->> 'lastName')`.as('applicant'),
      sql<string | null>`(a.details ->> 'type') || '-' || (a.details ->> 'subType')`.as('type'),
      ...texts,
      ...counts,
      q.fn.coalesce('e.hospitals', sql.lit(0)).as('hospitals'),
    ])
    .orderBy('wanted.place')
    .orderBy('c.commercial_usage_count_id')
    .orderBy('e.country'),
)
const part = 100

/** How MySQL, and so MLDS, writes that there is no value. */
const nothing = '\\N'

/** What submitted reports say, as rows of a table; its reader makes a file for a spreadsheet of it. */
export async function* reviewRows(store: Pick<Store, 'read'>): AsyncGenerator<readonly (string | number)[][]> {
  const ids = (await store.read(submitted)).map(({ id }) => id)
  yield* inParts(ids, part, async some => (await store.read(rows, { ids: some })).map(rowOf))
}

function rowOf(row: ReviewRow): (string | number)[] {
  const shown = { ...row, created: instantOf(row.created as string) }
  return usageReviewColumns.map(name => {
    const value = shown[name]
    if (value === null) return nothing
    return typeof value === 'string' ? withoutFormula(value) : value
  })
}
