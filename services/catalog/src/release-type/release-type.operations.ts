import type { OperationHandler } from '@slipway/bus'
import { releaseTypeOperations } from '@slipway/contracts'
import type { Store } from '@slipway/store'
import { readHandlers } from '../records/read-handlers.ts'
import { releaseTypeKind } from './release-type.store.ts'

/** The types that releases may have. They come with the platform. */
export function releaseTypeHandlers(store: Store): OperationHandler[] {
  return readHandlers(store, releaseTypeKind, releaseTypeOperations)
}
