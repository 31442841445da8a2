import type { AffiliateType, UsageContext } from '@slipway/contracts'
import { expressionBuilder, sql } from 'kysely'
import { jsonArrayFrom } from 'kysely/helpers/postgres'
import type { Database } from '../database.ts'

type Rows = { u: Database['commercial_usage']; a: Database['affiliate'] }
const eb = expressionBuilder<Database & Rows, keyof Rows | 'affiliate'>()

const entries = jsonArrayFrom(
  eb
    .selectFrom('commercial_usage_entry as e')
    .select([
      'e.commercial_usage_entry_id',
      'e.name',
      'e.note',
      'e.start_date',
      'e.end_date',
      'e.country',
      'e.created_at',
    ])
    .whereRef('e.commercial_usage_id', '=', 'u.commercial_usage_id')
    .orderBy('e.commercial_usage_entry_id'),
)
const countries = jsonArrayFrom(
  eb
    .selectFrom('commercial_usage_country as c')
    .select(c => [
      'c.commercial_usage_count_id',
      'c.country',
      'c.notes',
      c.ref('c.counts').$castTo<Counts>().as('counts'),
    ])
    .select('c.created_at')
    .whereRef('c.commercial_usage_id', '=', 'u.commercial_usage_id')
    .orderBy('c.commercial_usage_count_id'),
)
type Counts = Readonly<Record<string, number>>

/** Of a usage report `u`, with its institutions and countries, each in the order of their ids. */
export const usageColumns = [
  eb.ref('u.commercial_usage_id').as('commercial_usage_id'),
  eb.ref('u.type').$castTo<AffiliateType | null>().as('type'),
  eb.ref('u.created_at').as('created_at'),
  eb.ref('u.start_date').as('start_date'),
  eb.ref('u.end_date').as('end_date'),
  eb.ref('u.state').as('state'),
  eb.ref('u.note').as('note'),
  eb.ref('u.context').$castTo<Partial<UsageContext>>().as('context'),
  eb.ref('u.submitted_at').as('submitted_at'),
  eb.ref('u.effective_to').as('effective_to'),
  entries.as('entries'),
  countries.as('countries'),
] as const

/** All usage reports of an affiliate of this name, as JSON: its column `usages`. */
export const usagesOf = (affiliate: 'a' | 'affiliate') =>
  jsonArrayFrom(
    eb
      .selectFrom('commercial_usage as u')
      .select(usageColumns)
      .where('u.affiliate_id', '=', eb.ref(`${affiliate}.affiliate_id`))
      .orderBy('u.commercial_usage_id'),
  ).as('usages')

/** The current calendar year, in UTC, which a first report is about. */
export const firstDay = sql<string>`date_trunc('year', now() at time zone 'UTC')::date`
export const lastDay = sql<string>`(date_trunc('year', now() at time zone 'UTC') + interval '1 year - 1 day')::date`
