import type { OperationHandler } from '@slipway/bus'
import { baseProductOperations } from '@slipway/contracts'
import type { Store } from '@slipway/store'
import { readHandlers } from '../records/read-handlers.ts'
import { writeHandlers } from '../records/write-handlers.ts'
import { baseProductKind } from './base-product.store.ts'

/** What layered products are built on. */
export function baseProductHandlers(store: Store): OperationHandler[] {
  return [
    ...readHandlers(store, baseProductKind, baseProductOperations),
    ...writeHandlers(store, baseProductKind, baseProductOperations),
  ]
}
