import { failure } from '@slipway/contracts'

/** Refuses an import as a whole, in the shape that clients of imports know: one text under `exception`. */
export function refuseImport(message: string, code: 'malformed' | 'too_large' | 'conflict' = 'malformed') {
  return failure(code, message, { details: [{ path: ['exception'], reason: 'plain', message }] })
}

/** What was sent cannot be read. */
export const unreadable = (reason: string) => refuseImport(`Failed to parse input. (${reason})`)
