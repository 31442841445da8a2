import { failure, type SlipwayError } from '@slipway/contracts'

/** What callers are told to wait before they ask again. */
const outageSeconds = 5

const statusOf = (error: Error) => (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode ?? 0

/** A range that is not there means that the object is shorter than it was. */
export const isMissing = (error: Error) => [404, 416].includes(statusOf(error))
export const isNotImplemented = (error: Error) => [405, 501].includes(statusOf(error))

export function ignoreMissing(error: Error): void {
  if (!isMissing(error)) throw error
}

/**
 * What an error of the client means. An outage passes by itself (`unavailable`); all else, such as wrong credentials or
 * an upload of too many parts, does not (`internal`).
 */
export function storeFailure(cause: Error): SlipwayError {
  if (isOutage(cause)) {
    return failure('unavailable', 'The object store gives no usable answer.', { cause, retryAfter: outageSeconds })
  }
  return failure('internal', `The object store cannot be used: ${cause.message}`, { cause })
}

/** Errors of the network have a code of the system, and no status. */
function isOutage(error: Error): boolean {
  const status = statusOf(error)
  if (status === 0) return 'code' in error || error.name === 'TimeoutError'
  return status >= 500 || status === 408 || status === 429
}
