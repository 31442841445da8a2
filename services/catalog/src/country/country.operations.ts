import type { OperationHandler } from '@slipway/bus'
import { countryOperations } from '@slipway/contracts'
import { handlerOf } from '@slipway/service'
import { notFound } from '../member/viewer.ts'
import type { Countries } from './country.store.ts'

/** Countries, in the order of their names; everybody may read them. */
export function countryHandlers(countries: () => Promise<Countries>): OperationHandler[] {
  return [
    handlerOf(countryOperations.list, async () => ({ body: [...(await countries()).values()] })),
    handlerOf(countryOperations.get, async ({ isoCode2 }) => {
      const country = (await countries()).get(isoCode2)
      if (!country) throw notFound()
      return { body: country }
    }),
  ]
}
