import { type ErrorDetail, invalid } from '@slipway/contracts'

/** Refuses the object as a whole, in the words that clients know. */
export function refuseObject(message: string) {
  return invalid([{ path: ['__all__'], reason: 'invalid', message } satisfies ErrorDetail])
}

export function refuseField(name: string, message: string, reason = 'invalid') {
  return invalid([{ path: [name], reason, message }])
}
