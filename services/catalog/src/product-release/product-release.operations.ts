import type { OperationHandler } from '@slipway/bus'
import { productReleaseOperations } from '@slipway/contracts'
import type { Store } from '@slipway/store'
import { readHandlers } from '../records/read-handlers.ts'
import { writeHandlers } from '../records/write-handlers.ts'
import { releaseKind } from './product-release.store.ts'

/** Releases of products, which schedules are about. (Releases of studies are the coordinator's.) */
export function productReleaseHandlers(store: Store): OperationHandler[] {
  return [
    ...readHandlers(store, releaseKind, productReleaseOperations),
    ...writeHandlers(store, releaseKind, productReleaseOperations),
  ]
}
