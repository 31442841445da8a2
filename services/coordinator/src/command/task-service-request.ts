import type { OutboundResult } from '@slipway/service'
import type { Said } from './answer.ts'

export type TaskServiceRequest = {
  readonly url: string
  readonly action: 'initialize' | 'start' | 'publish' | 'cancel' | 'get_status'
  readonly task: string
  readonly release: string
  readonly studies: readonly string[]
  /** The same for every try of the same request. */
  readonly idempotencyKey?: string
  readonly signal?: AbortSignal
}

export type TaskServiceResult =
  | OutboundResult
  /** Nobody has answered, but the service says that it has done what was asked. */
  | { readonly kind: 'said'; readonly said: Said }
