import type { OperationHandler } from '@slipway/bus'
import { commercialUsageOperations, failure } from '@slipway/contracts'
import { handlerOf, writeHandler } from '@slipway/service'
import { isUniqueViolation, type Queryable } from '@slipway/store'
import { countryCode } from '../affiliate/affiliate-details.ts'
import { notFound } from '../member/viewer.ts'
import { shownCountry, shownEntry, type UsageRow } from './commercial-usage.ts'
import type { CommercialUsageOptions } from './options.ts'
import { openReport, type Report, readReport, reportOf } from './report.ts'
import { addCountry, addEntry, deleteCountry, deleteEntry, replaceCountry, replaceEntry } from './usage-parts.store.ts'

const operations = commercialUsageOperations
/** Institutions of an affiliate, in all of its reports. */
const mostEntries = 5_000

/** What a usage report consists of: institutions and countries. Only a report that is still to be submitted changes. */
export function usagePartHandlers({ store, countries }: CommercialUsageOptions): OperationHandler[] {
  async function requireCountry({ country }: { readonly country: { readonly isoCode2: string } }): Promise<void> {
    if (countryCode(country.isoCode2, await countries()) === null) throw failure('refused', "Unknown country: ''")
  }
  const again = async (tx: Queryable, { affiliate, usage }: Report): Promise<UsageRow> =>
    (await reportOf(tx.query, affiliate.affiliate_id, usage.commercial_usage_id)).usage

  const entryBody = async (usage: UsageRow, id: number) => shownEntry(requireEntry(usage, id), await countries())
  const countryBody = async (usage: UsageRow, id: number) =>
    shownCountry(requireUsageCountry(usage, id), await countries())

  return [
    writeHandler(store, operations.addEntry, async (tx, { commercialUsageId, body }, { identity }) => {
      const report = await openReport(tx, commercialUsageId, identity)
      await requireCountry(body)
      if (report.affiliate.usages.reduce((sum, { entries }) => sum + entries.length, 0) >= mostEntries) {
        throw failure('conflict', `There are more than ${mostEntries} institutions.`)
      }
      const id = await addEntry(tx, commercialUsageId, body)
      return { status: 201, body: await entryBody(await again(tx, report), id) }
    }),

    handlerOf(operations.getEntry, async ({ commercialUsageId, commercialUsageEntryId }, { identity }) => {
      const { usage } = await readReport(store.read, commercialUsageId, identity)
      return { body: await entryBody(usage, commercialUsageEntryId) }
    }),

    writeHandler(store, operations.updateEntry, async (tx, input, { identity }) => {
      const { commercialUsageId, commercialUsageEntryId: id, body } = input
      const report = await openReport(tx, commercialUsageId, identity)
      requireEntry(report.usage, id)
      requireSame('commercialUsageEntryId', id, body.commercialUsageEntryId)
      await requireCountry(body)
      await replaceEntry(tx, id, body)
      return { body: await entryBody(await again(tx, report), id) }
    }),

    writeHandler(store, operations.deleteEntry, async (tx, input, { identity }) => {
      const { usage } = await openReport(tx, input.commercialUsageId, identity)
      requireEntry(usage, input.commercialUsageEntryId)
      await deleteEntry(tx, input.commercialUsageEntryId)
      return {}
    }),

    writeHandler(store, operations.addCountry, async (tx, { commercialUsageId, body }, { identity }) => {
      const report = await openReport(tx, commercialUsageId, identity)
      await requireCountry(body)
      const id = await addCountry(tx, commercialUsageId, body).catch(refuseSecond)
      return { status: 201, body: await countryBody(await again(tx, report), id) }
    }),

    handlerOf(operations.getCountry, async ({ commercialUsageId, commercialUsageCountId }, { identity }) => {
      const { usage } = await readReport(store.read, commercialUsageId, identity)
      return { body: await countryBody(usage, commercialUsageCountId) }
    }),

    writeHandler(store, operations.updateCountry, async (tx, input, { identity }) => {
      const { commercialUsageId, commercialUsageCountId: id, body } = input
      const report = await openReport(tx, commercialUsageId, identity)
      requireUsageCountry(report.usage, id)
      requireSame('commercialUsageCountId', id, body.commercialUsageCountId)
      await requireCountry(body)
      await replaceCountry(tx, id, body).catch(refuseSecond)
      return { body: await countryBody(await again(tx, report), id) }
    }),

    writeHandler(store, operations.deleteCountry, async (tx, input, { identity }) => {
      const { usage } = await openReport(tx, input.commercialUsageId, identity)
      requireUsageCountry(usage, input.commercialUsageCountId)
      await deleteCountry(tx, input.commercialUsageCountId)
      return {}
    }),
  ]
}

function requireEntry({ entries }: UsageRow, id: number) {
  const entry = entries.find(one => one.commercial_usage_entry_id === id)
  if (!entry) throw notFound()
  return entry
}

function requireUsageCountry({ countries }: UsageRow, id: number) {
  const country = countries.find(one => one.commercial_usage_count_id === id)
  if (!country) throw notFound()
  return country
}

/** Clients of MLDS send the id in the body as well. @throws `refused` for that of something else */
function requireSame(name: string, id: number, sent: number | null | undefined): void {
  if (sent != null && sent !== id) throw failure('refused', `${name}: must be that of the path`)
}

function refuseSecond(error: unknown): never {
  if (!isUniqueViolation(error, 'commercial_usage_country_once')) throw error
  throw failure('conflict', 'Country already exists for this usage report.', { cause: error })
}
