import { failure, type SlipwayError } from '@slipway/contracts'

/** The error of work that goes on for nobody, and of a stream read on after it was cancelled. */
export function callerGone(reason: string): SlipwayError {
  return failure('timeout', reason)
}
