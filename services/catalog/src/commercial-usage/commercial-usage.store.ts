import type { AffiliateType, UsageContext, UsageCountryInput, UsageEntryInput, UsageState } from '@slipway/contracts'
import { usageCounts } from '@slipway/contracts'
import type { Queryable, Statement } from '@slipway/store'

const affiliateOfUsage: Statement = {
  name: 'commercial-usage.affiliate',
  text: 'select affiliate_id from commercial_usage where commercial_usage_id = $1',
}
const toContinue: Statement = {
  name: 'commercial-usage.to-continue',
  text: `
    select commercial_usage_id, start_date = $2 and end_date = $3 as same from commercial_usage
    where affiliate_id = $1 and effective_to is null
    order by same desc, end_date desc, commercial_usage_id desc limit 1`,
}
const insert: Statement = {
  name: 'commercial-usage.insert',
  text: `insert into commercial_usage (affiliate_id, type, start_date, end_date) values ($1, $2, $3, $4)
    returning commercial_usage_id`,
}
/** A copy for a period, with everything in it; the note stays behind, for it was about the other one. */
const copy: Statement = {
  name: 'commercial-usage.copy',
  text: `
    with made as (
      insert into commercial_usage (affiliate_id, type, start_date, end_date, state, context)
      select affiliate_id, type, coalesce($2::date, start_date), coalesce($3::date, end_date), $4, context
      from commercial_usage where commercial_usage_id = $1
      returning commercial_usage_id
    ), entries as (
      insert into commercial_usage_entry (commercial_usage_id, name, note, start_date, end_date, country)
      select made.commercial_usage_id, e.name, e.note, e.start_date, e.end_date, e.country
      from commercial_usage_entry e, made where e.commercial_usage_id = $1 order by e.commercial_usage_entry_id
    ), countries as (
      insert into commercial_usage_country (commercial_usage_id, country, notes, counts)
      select made.commercial_usage_id, c.country, c.notes, c.counts
      from commercial_usage_country c, made where c.commercial_usage_id = $1 order by c.commercial_usage_count_id
    )
    select commercial_usage_id from made`,
}
const retract: Statement = {
  name: 'commercial-usage.retract',
  text: 'update commercial_usage set effective_to = clock_timestamp() where commercial_usage_id = $1',
}
const replace: Statement = {
  name: 'commercial-usage.replace',
  text: 'update application set commercial_usage_id = $2 where commercial_usage_id = $1',
}
const saveState: Statement = {
  name: 'commercial-usage.save-state',
  text: `update commercial_usage set state = $2, submitted_at = case when $3 then now() else submitted_at end
    where commercial_usage_id = $1`,
}
const saveContext: Statement = {
  name: 'commercial-usage.save-context',
  text: 'update commercial_usage set context = $2 where commercial_usage_id = $1',
}
const saveType: Statement = {
  name: 'commercial-usage.save-type',
  text: 'update commercial_usage set type = $2 where commercial_usage_id = $1',
}
const savePeriod: Statement = {
  name: 'commercial-usage.save-period',
  text: `
    update commercial_usage u set start_date = $2, end_date = $3
    from application p join affiliate a on a.affiliate_id = p.affiliate_id
    where a.creator = $1 and p.application_type = 'PRIMARY' and u.commercial_usage_id = p.commercial_usage_id
      and u.state = 'NOT_SUBMITTED' and (select count(*) from commercial_usage o where o.affiliate_id = a.affiliate_id) = 1`,
}
const insertEntry: Statement = {
  name: 'commercial-usage.insert-entry',
  text: `insert into commercial_usage_entry (commercial_usage_id, name, note, start_date, end_date, country)
    values ($1, $2, $3, $4, $5, $6) returning commercial_usage_entry_id as id`,
}
const saveEntry: Statement = {
  name: 'commercial-usage.save-entry',
  text: `update commercial_usage_entry set name = $2, note = $3, start_date = $4, end_date = $5, country = $6
    where commercial_usage_entry_id = $1`,
}
const removeEntry: Statement = {
  name: 'commercial-usage.delete-entry',
  text: 'delete from commercial_usage_entry where commercial_usage_entry_id = $1',
}
const insertCountry: Statement = {
  name: 'commercial-usage.insert-country',
  text: `insert into commercial_usage_country (commercial_usage_id, notes, counts, country) values ($1, $2, $3, $4)
    returning commercial_usage_count_id as id`,
}
const saveCountry: Statement = {
  name: 'commercial-usage.save-country',
  text: `update commercial_usage_country set notes = $2, counts = $3, country = $4 where commercial_usage_count_id = $1`,
}
const removeCountry: Statement = {
  name: 'commercial-usage.delete-country',
  text: `
    with gone as (
      delete from commercial_usage_country where commercial_usage_count_id = $1 returning commercial_usage_id, country
    )
    delete from commercial_usage_entry e using gone
    where e.commercial_usage_id = gone.commercial_usage_id and e.country = gone.country`,
}

/** The affiliate whose report it is. */
export async function affiliateOfReport(read: Queryable['query'], id: number): Promise<number | undefined> {
  const [row] = await read<{ affiliate_id: number }>(affiliateOfUsage, [id])
  return row?.affiliate_id
}

/** The report of a period of a locked affiliate: the one that there is, or one made of the latest one, or an empty one. */
export async function beginReport(
  tx: Queryable,
  affiliateId: number,
  type: AffiliateType | null,
  startDate: string,
  endDate: string,
): Promise<{ id: number; made: boolean }> {
  const [last] = await tx.query<{ commercial_usage_id: number; same: boolean }>(toContinue, [
    affiliateId,
    startDate,
    endDate,
  ])
  if (last?.same) return { id: last.commercial_usage_id, made: false }
  const [made] = last
    ? await tx.query<{ commercial_usage_id: number }>(copy, [
        last.commercial_usage_id,
        startDate,
        endDate,
        'NOT_SUBMITTED',
      ])
    : await tx.query<{ commercial_usage_id: number }>(insert, [affiliateId, type, startDate, endDate])
  return { id: made?.commercial_usage_id as number, made: true }
}

/** Ends a report, and puts another one of the same content in its place, which can be changed again. Its id. */
export async function retractReport(tx: Queryable, id: number): Promise<number> {
  await tx.query(retract, [id])
  const [made] = await tx.query<{ commercial_usage_id: number }>(copy, [id, null, null, 'CHANGE_REQUESTED'])
  await tx.query(replace, [id, made?.commercial_usage_id])
  return made?.commercial_usage_id as number
}

export async function saveReportState(tx: Queryable, id: number, state: UsageState, submits: boolean): Promise<void> {
  await tx.query(saveState, [id, state, submits])
}

export async function saveReportContext(tx: Queryable, id: number, context: UsageContext): Promise<void> {
  await tx.query(saveContext, [id, context])
}

export async function saveReportType(tx: Queryable, id: number, type: AffiliateType): Promise<void> {
  await tx.query(saveType, [id, type])
}

/** The period that somebody chose who registers, while the report is the only one and still to be submitted. */
export async function setFirstPeriod(tx: Queryable, login: string, startDate: string, endDate: string): Promise<void> {
  await tx.query(savePeriod, [login, startDate, endDate])
}

const entryValues = ({ name, note, startDate, endDate, country }: UsageEntryInput) =>
  [name ?? null, note ?? null, startDate ?? null, endDate ?? null, country.isoCode2] as const

export async function addEntry(tx: Queryable, reportId: number, entry: UsageEntryInput): Promise<number> {
  const [made] = await tx.query<{ id: number }>(insertEntry, [reportId, ...entryValues(entry)])
  return made?.id as number
}

export async function replaceEntry(tx: Queryable, id: number, entry: UsageEntryInput): Promise<void> {
  await tx.query(saveEntry, [id, ...entryValues(entry)])
}

export async function deleteEntry(tx: Queryable, id: number): Promise<void> {
  await tx.query(removeEntry, [id])
}

const countryValues = (country: UsageCountryInput) =>
  [
    country.notes ?? null,
    Object.fromEntries(usageCounts.map(name => [name, country[name] ?? 0])),
    country.country.isoCode2,
  ] as const

/** @throws a unique violation of `commercial_usage_country_once` for a country that the report has */
export async function addCountry(tx: Queryable, reportId: number, country: UsageCountryInput): Promise<number> {
  const [made] = await tx.query<{ id: number }>(insertCountry, [reportId, ...countryValues(country)])
  return made?.id as number
}

/** @throws as `addCountry` does */
export async function replaceCountry(tx: Queryable, id: number, country: UsageCountryInput): Promise<void> {
  await tx.query(saveCountry, [id, ...countryValues(country)])
}

/** Its institutions go with it. */
export async function deleteCountry(tx: Queryable, id: number): Promise<void> {
  await tx.query(removeCountry, [id])
}
