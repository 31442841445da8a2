import type { OperationHandler } from '@slipway/bus'
import { countryOperations, failure } from '@slipway/contracts'
import { handlerOf, writeHandler } from '@slipway/service'
import type { Store } from '@slipway/store'
import { principalOf, recordAudit } from '../audit/record-audit.ts'
import { notFound, requireKind } from '../member/viewer.ts'
import { type CountriesReader, deleteCountry, isCountryUsed, saveCountry } from './country.store.ts'

/** Countries, in the order of their names; everybody may read them, administrators change them. */
export function countryHandlers(store: Store, countries: CountriesReader): OperationHandler[] {
  return [
    handlerOf(countryOperations.list, async () => ({ body: [...(await countries()).values()] })),
    handlerOf(countryOperations.get, async ({ isoCode2 }) => {
      const country = (await countries()).get(isoCode2)
      if (!country) throw notFound()
      return { body: country }
    }),
    writeHandler(store, countryOperations.save, async (tx, { body }, { identity }) => {
      requireKind(identity, 'admin')
      const { excludeUsage, alternateRegistrationUrl } = body
      await saveCountry(tx, {
        ...body,
        excludeUsage: excludeUsage ?? false,
        alternateRegistrationUrl: alternateRegistrationUrl ?? null,
      })
      tx.afterCommit(countries.forget)
      await recordAudit(tx, [entry('COUNTRY_SAVED', body.isoCode2, principalOf(identity))])
      return {}
    }),
    writeHandler(store, countryOperations.delete, async (tx, { isoCode2 }, { identity }) => {
      requireKind(identity, 'admin')
      if (await isCountryUsed(tx, isoCode2)) throw failure('conflict', 'There are affiliates in the country.')
      if (!(await deleteCountry(tx, isoCode2))) throw notFound()
      tx.afterCommit(countries.forget)
      await recordAudit(tx, [entry('COUNTRY_DELETED', isoCode2, principalOf(identity))])
      return {}
    }),
  ]
}

const entry = (type: string, isoCode2: string, principal: string) => ({
  principal,
  type,
  data: { 'country.isoCode2': isoCode2 },
})
