import { failure, hasTooManyValues, invalid, mostValues, readInput } from '@slipway/contracts'
import type { OperationHandler, ServeOptions } from '../types.ts'
import { decodeJson } from '../wire/json.ts'
import type { Endpoint } from './endpoint.ts'

/** What an endpoint does for an operation: who calls, is the input right, then the handler. */
export function operationWork(handler: OperationHandler, identify: ServeOptions['identify']): Endpoint['work'] {
  return async (body, call, upload) => {
    const token = call.identityToken
    if (token !== undefined && identify) call.identity = await identify(token)
    const proof = call.serviceToken
    if (proof !== undefined && identify) call.service = (await identify(proof)).service
    const { operation } = handler
    if (hasTooManyValues(body)) throw failure('too_large', `The request has more than ${mostValues} values.`)
    const input = readInput(operation.input, decodeJson(body))
    if (!input.success) throw invalid(input.details)
    return handler.handle(input.data, call, upload)
  }
}
