import { type UsageCountryInput, type UsageEntryInput, usageCounts } from '@slipway/contracts'
import type { Parameters, Queryable } from '@slipway/store'
import type { Selectable } from 'kysely'
import type { Database } from '../database.ts'
import { prepare } from '../sql.ts'

type ById = { readonly id: number }

type Entry = Pick<
  Selectable<Database['commercial_usage_entry']>,
  'name' | 'note' | 'start_date' | 'end_date' | 'country'
>
const entryColumns = (p: Parameters<Entry>) => ({
  name: p.name,
  note: p.note,
  start_date: p.start_date,
  end_date: p.end_date,
  country: p.country,
})
const insertEntry = prepare<Entry & { report: number }>()('commercial-usage.insert-entry', (db, p) =>
  db
    .insertInto('commercial_usage_entry')
    .values({ commercial_usage_id: p.report, ...entryColumns(p) })
    .returning('commercial_usage_entry_id as id'),
)
const saveEntry = prepare<Entry & ById>()('commercial-usage.save-entry', (db, p) =>
  db.updateTable('commercial_usage_entry').set(entryColumns(p)).where('commercial_usage_entry_id', '=', p.id),
)
const removeEntry = prepare<ById>()('commercial-usage.delete-entry', (db, p) =>
  db.deleteFrom('commercial_usage_entry').where('commercial_usage_entry_id', '=', p.id),
)

type Country = Pick<Selectable<Database['commercial_usage_country']>, 'notes' | 'counts' | 'country'>
const countryColumns = (p: Parameters<Country>) => ({ notes: p.notes, counts: p.counts, country: p.country })
const insertCountry = prepare<Country & { report: number }>()('commercial-usage.insert-country', (db, p) =>
  db
    .insertInto('commercial_usage_country')
    .values({ commercial_usage_id: p.report, ...countryColumns(p) })
    .returning('commercial_usage_count_id as id'),
)
const saveCountry = prepare<Country & ById>()('commercial-usage.save-country', (db, p) =>
  db.updateTable('commercial_usage_country').set(countryColumns(p)).where('commercial_usage_count_id', '=', p.id),
)
const removeCountry = prepare<ById>()('commercial-usage.delete-country', (db, p) =>
  db
    .with('gone', q =>
      q
        .deleteFrom('commercial_usage_country')
        .where('commercial_usage_count_id', '=', p.id)
        .returning(['commercial_usage_id', 'country']),
    )
    .deleteFrom('commercial_usage_entry as e')
    .using('gone')
    .whereRef('e.commercial_usage_id', '=', 'gone.commercial_usage_id')
    .whereRef('e.country', '=', 'gone.country'),
)

const entryOf = ({ name, note, startDate, endDate, country }: UsageEntryInput): Entry => ({
  name: name ?? null,
  note: note ?? null,
  start_date: startDate ?? null,
  end_date: endDate ?? null,
  country: country.isoCode2,
})

export async function addEntry(tx: Queryable, reportId: number, entry: UsageEntryInput): Promise<number> {
  const [made] = await tx.query(insertEntry, { ...entryOf(entry), report: reportId })
  return made?.id as number
}

export async function replaceEntry(tx: Queryable, id: number, entry: UsageEntryInput): Promise<void> {
  await tx.query(saveEntry, { ...entryOf(entry), id })
}

export async function deleteEntry(tx: Queryable, id: number): Promise<void> {
  await tx.query(removeEntry, { id })
}

const countryOf = (country: UsageCountryInput): Country => ({
  notes: country.notes ?? null,
  counts: Object.fromEntries(usageCounts.map(name => [name, country[name] ?? 0])),
  country: country.country.isoCode2,
})

/** @throws a unique violation of `commercial_usage_country_once` for a country that the report has */
export async function addCountry(tx: Queryable, reportId: number, country: UsageCountryInput): Promise<number> {
  const [made] = await tx.query(insertCountry, { ...countryOf(country), report: reportId })
  return made?.id as number
}

/** @throws as `addCountry` does */
export async function replaceCountry(tx: Queryable, id: number, country: UsageCountryInput): Promise<void> {
  await tx.query(saveCountry, { ...countryOf(country), id })
}

/** Its institutions go with it. */
export async function deleteCountry(tx: Queryable, id: number): Promise<void> {
  await tx.query(removeCountry, { id })
}
