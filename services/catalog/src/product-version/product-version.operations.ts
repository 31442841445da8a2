import type { OperationHandler } from '@slipway/bus'
import { productVersionOperations } from '@slipway/contracts'
import type { Store } from '@slipway/store'
import { readHandlers } from '../records/read-handlers.ts'
import { writeHandlers } from '../records/write-handlers.ts'
import { productVersionKind } from './product-version.store.ts'

/** Versions of products. */
export function productVersionHandlers(store: Store): OperationHandler[] {
  return [
    ...readHandlers(store, productVersionKind, productVersionOperations),
    ...writeHandlers(store, productVersionKind, productVersionOperations),
  ]
}
