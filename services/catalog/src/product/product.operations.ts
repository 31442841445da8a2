import type { OperationHandler } from '@slipway/bus'
import { productOperations } from '@slipway/contracts'
import type { Store } from '@slipway/store'
import { readHandlers } from '../records/read-handlers.ts'
import { writeHandlers } from '../records/write-handlers.ts'
import { productKind } from './product.store.ts'

/** Products, which have versions, which have releases. */
export function productHandlers(store: Store): OperationHandler[] {
  return [
    ...readHandlers(store, productKind, productOperations),
    ...writeHandlers(store, productKind, productOperations),
  ]
}
