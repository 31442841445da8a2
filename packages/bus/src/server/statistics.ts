import { errorCatalogue, isFailure } from '@slipway/contracts'

/** Counts of one endpoint, as STATS of the NATS services protocol (ADR-32) reports them. */
export type Statistics = {
  requests: number
  errors: number
  /** Milliseconds from the start of each handler until its answer was ready; time in line is not included. */
  processingMs: number
  lastError: { readonly code: number; readonly description: string } | undefined
}

export function newStatistics(): Statistics {
  return { requests: 0, errors: 0, processingMs: 0, lastError: undefined }
}

/** Counts a call that has ended. */
export function countCall(statistics: Statistics, milliseconds: number, error?: unknown) {
  statistics.requests += 1
  statistics.processingMs += milliseconds
  if (error === undefined) return
  statistics.errors += 1
  statistics.lastError = isFailure(error)
    ? { code: error.status, description: error.message }
    : { code: errorCatalogue.internal.status, description: error instanceof Error ? error.message : String(error) }
}
