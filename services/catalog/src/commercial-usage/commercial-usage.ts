import type { AffiliateType, UsageContext, UsageState } from '@slipway/contracts'
import { usageCounts } from '@slipway/contracts'
import type { Countries } from '../country/country.store.ts'
import { instantOf } from '../instant.ts'

export type UsageEntryRow = {
  readonly commercial_usage_entry_id: number
  readonly name: string | null
  readonly note: string | null
  readonly start_date: string | null
  readonly end_date: string | null
  readonly country: string
  readonly created_at: string
}

export type UsageCountryRow = {
  readonly commercial_usage_count_id: number
  readonly country: string
  readonly notes: string | null
  readonly counts: Readonly<Record<string, number>>
  readonly created_at: string
}

/** A report with its institutions and countries, each in the order of their ids. */
export type UsageRow = {
  readonly commercial_usage_id: number
  readonly type: AffiliateType | null
  readonly created_at: string
  readonly start_date: string
  readonly end_date: string
  readonly state: UsageState
  readonly note: string | null
  readonly context: Partial<UsageContext>
  readonly submitted_at: string | null
  readonly effective_to: string | null
  readonly entries: readonly UsageEntryRow[]
  readonly countries: readonly UsageCountryRow[]
}

export const shownEntry = (row: UsageEntryRow, countries: Countries) => ({
  commercialUsageEntryId: row.commercial_usage_entry_id,
  name: row.name,
  note: row.note,
  startDate: row.start_date,
  endDate: row.end_date,
  country: countries.get(row.country) ?? null,
  created: instantOf(row.created_at),
})

const noCounts = Object.fromEntries(usageCounts.map(name => [name, 0])) as Record<(typeof usageCounts)[number], number>

export const shownCountry = (row: UsageCountryRow, countries: Countries) => ({
  commercialUsageCountId: row.commercial_usage_count_id,
  country: countries.get(row.country) ?? null,
  notes: row.notes,
  ...noCounts,
  ...row.counts,
  created: instantOf(row.created_at),
})

const noContext: UsageContext = {
  currentUsage: null,
  plannedUsage: null,
  purpose: null,
  implementationStatus: null,
  otherActivities: null,
}

export const shownContext = ({ context }: Pick<UsageRow, 'context'>): UsageContext => ({ ...noContext, ...context })

/** A report as affiliates and applications show it. */
export function shownUsage(row: UsageRow, countries: Countries) {
  return {
    commercialUsageId: row.commercial_usage_id,
    type: row.type,
    created: instantOf(row.created_at),
    startDate: row.start_date,
    endDate: row.end_date,
    state: row.state,
    note: row.note,
    effectiveTo: instantOf(row.effective_to),
    context: shownContext(row),
    submitted: instantOf(row.submitted_at),
    entries: row.entries.map(entry => shownEntry(entry, countries)),
    countries: row.countries.map(country => shownCountry(country, countries)),
  }
}
