import type { Operation } from '@slipway/contracts'
import type { OperationHandler } from '../types.ts'

/**
 * An operation with its handler, typed by the operation: the handler's input is the parsed one, and its answer must have
 * the output's shape. In a plain list the input would be `unknown`.
 */
export function handler<Op extends Operation>(
  operation: Op,
  handle: OperationHandler<Op>['handle'],
): OperationHandler<Op> {
  return { operation, handle }
}
