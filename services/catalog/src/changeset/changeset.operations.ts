import type { OperationHandler } from '@slipway/bus'
import { changesetOperations } from '@slipway/contracts'
import type { Store } from '@slipway/store'
import { readHandlers } from '../records/read-handlers.ts'
import { changesetKind } from './changeset.store.ts'

/** Who changed what, when and why; written with every change. */
export function changesetHandlers(store: Store): OperationHandler[] {
  return readHandlers(store, changesetKind, changesetOperations)
}
