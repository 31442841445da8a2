import { isFailure } from '@slipway/contracts'

/** What a person is told: the sentence of an expected failure, the whole stack of an unexpected one. */
export function errorText(error: unknown): string {
  if (isFailure(error)) return error.message
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
