import type { TellFollower } from '@slipway/service'
import type { Store } from '@slipway/store'
import type { ApiOptions } from '../api/api-options.ts'
import type { Downloads } from './download/downloads.ts'

export type ReleasePackagesOptions = ApiOptions & {
  /** Of the gateway: accounts and their tokens. */
  readonly store: Store
  /** Called after accounts or tokens changed. */
  readonly announceChange: () => Promise<void>
  /** Has the catalog show at once what an account is by now. */
  readonly showAccount: TellFollower
  readonly downloads: Downloads
  /** Greatest upload in bytes. */
  readonly uploadLimit: number
}
