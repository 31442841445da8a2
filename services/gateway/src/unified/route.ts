import type { Operation } from '@slipway/contracts'

/** A method of an address of the unified API, and the operation behind it. */
export type UnifiedRoute = {
  readonly method: 'GET' | 'POST' | 'PATCH'
  /** Below `/v1`; `:name` is a field of the input. */
  readonly path: `/${string}`
  readonly operation: Operation
}
