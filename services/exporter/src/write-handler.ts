import type { Answer, CallContext, OperationHandler } from '@slipway/bus'
import { type ErrorDetail, invalid, type Operation, type ParsedInputOf } from '@slipway/contracts'
import { commandOf, handlerOf } from '@slipway/service'
import { type AnyStore, type AnyTx, rememberCommand } from '@slipway/store'

/** What a change answers; a body is a value to be serialised. */
export type Changed = { readonly status: number; readonly headers?: Record<string, string>; readonly body?: unknown }

/** A handler whose change, events and remembered answer are one transaction. */
export function writeHandler<Op extends Operation>(
  store: AnyStore,
  operation: Op,
  change: (tx: AnyTx, input: ParsedInputOf<Op>, context: CallContext) => Promise<Changed>,
): OperationHandler {
  return handlerOf(operation, (input, context) =>
    store.transaction(async tx => {
      const { status, headers = {}, body } = await change(tx, input, context)
      const text = body === undefined ? '' : JSON.stringify(body)
      const command = commandOf(operation, input, context)
      if (command) await rememberCommand(tx, { ...command, status, headers, body: text })
      return { status, headers, ...(text !== '' && { body: { raw: text } }) } as Answer<never>
    }),
  )
}

/** Refuses the object as a whole, in the words that clients know. */
export function refuseObject(message: string) {
  return invalid([{ path: ['__all__'], reason: 'invalid', message } satisfies ErrorDetail])
}

export function refuseField(name: string, message: string, reason = 'invalid') {
  return invalid([{ path: [name], reason, message }])
}
