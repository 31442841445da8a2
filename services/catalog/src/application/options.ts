import type { Store } from '@slipway/store'
import type { Countries } from '../country/country.store.ts'

export type ApplicationOptions = {
  readonly store: Store
  readonly countries: () => Promise<Countries>
  /** What links in mails start with; undefined: what the request was sent to. */
  readonly publicUrl: string | undefined
}
