import { isForServices, type Operation } from '@slipway/contracts'
import type { BusOptions, CallOptions } from '../types.ts'

/** Makes calls of what is for services only with the proof that this is one; other calls go as they are, at once. */
export function proving(prove: BusOptions['prove']) {
  return <Result>(
    operation: Operation,
    options: CallOptions | undefined,
    call: (options: CallOptions | undefined) => Promise<Result>,
  ): Promise<Result> => {
    const { audience } = operation
    const isNeeded = audience !== null && isForServices(audience) && options?.service === undefined
    if (!prove || !isNeeded) return call(options)
    return prove().then(service => call({ ...options, service }))
  }
}
