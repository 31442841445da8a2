import type { Store } from '@slipway/store'
import type { Countries } from '../country/country.store.ts'

export type CommercialUsageOptions = { readonly store: Store; readonly countries: () => Promise<Countries> }
