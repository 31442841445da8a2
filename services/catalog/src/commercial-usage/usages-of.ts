const entries = `(
  select coalesce(json_agg(e order by e.commercial_usage_entry_id), '[]') from (
    select commercial_usage_entry_id, name, note, start_date, end_date, country, created_at
    from commercial_usage_entry where commercial_usage_id = u.commercial_usage_id
  ) e)`
const countries = `(
  select coalesce(json_agg(c order by c.commercial_usage_count_id), '[]') from (
    select commercial_usage_count_id, country, notes, counts, created_at
    from commercial_usage_country where commercial_usage_id = u.commercial_usage_id
  ) c)`

/** Of a usage report `u`, with its institutions and countries. */
export const usageColumns = `u.commercial_usage_id, u.type, u.created_at, u.start_date, u.end_date, u.state, u.note,
  u.context, u.submitted_at, u.effective_to, ${entries} as entries, ${countries} as countries`

/** All usage reports of an affiliate of this alias, as JSON: its column `usages`. */
export const usagesOf = (affiliate: string): string => `(
  select coalesce(json_agg(one order by one.commercial_usage_id), '[]') from (
    select ${usageColumns}
    from commercial_usage u where u.affiliate_id = ${affiliate}.affiliate_id
  ) one) as usages`

/** The current calendar year, in UTC, which a first report is about. */
export const firstDay = `date_trunc('year', now() at time zone 'UTC')::date`
export const lastDay = `(date_trunc('year', now() at time zone 'UTC') + interval '1 year - 1 day')::date`
