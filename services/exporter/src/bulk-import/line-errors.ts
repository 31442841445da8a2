import { errorFields, isFailure } from '@slipway/contracts'
import type { LineResult } from './bulk-import.ts'

/**
 * What a refusal of a single write means for a line; undefined for errors that are not the line's fault. `errors` is the
 * body that the single write would have been answered with.
 */
export function resultOfError(error: unknown): LineResult | undefined {
  if (!isFailure(error)) return undefined
  const { code, message, details } = error
  if (code === 'not_found') return { outcome: 'not_found', errors: { detail: message } }
  if (code === 'unauthenticated' || code === 'forbidden') {
    return { outcome: 'permission_denied', errors: { detail: message } }
  }
  if (error.status >= 500) return undefined
  return { outcome: 'failed', errors: details?.length ? errorFields(details) : { detail: message } }
}
