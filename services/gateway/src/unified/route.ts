import type { Operation } from '@slipway/contracts'

/** A method of an address of the unified API, and the operation behind it. */
export type UnifiedRoute = {
  readonly method: 'GET' | 'POST' | 'PATCH'
  /** Below `/v1`; `:name` is a field of the input. */
  readonly path: `/${string}`
  readonly operation: Operation
  /** Of the success, for the description. Default: 201 for POST, else 200. */
  readonly status?: number
  /** Milliseconds for the answer. Default 10,000 for reads, 15,000 for writes. */
  readonly timeoutMs?: number
}
