import type { Answer, CallContext, OperationHandler } from '@slipway/bus'
import type { Operation, ParsedInputOf } from '@slipway/contracts'
import { commandOf, handlerOf } from '@slipway/service'
import { type AnyStore, type AnyTx, rememberCommand } from '@slipway/store'

/** What a change answers; a body is a value to be serialised. */
export type Changed = {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

/** A handler whose change, trail, events and remembered answer are one transaction. */
export function changeHandler<Op extends Operation>(
  store: AnyStore,
  operation: Op,
  change: (tx: AnyTx, input: ParsedInputOf<Op>, context: CallContext) => Promise<Changed>,
): OperationHandler {
  return handlerOf(operation, (input, context) =>
    store.transaction(async tx => {
      const { status = 200, headers = {}, body } = await change(tx, input, context)
      const text = body === undefined ? '' : JSON.stringify(body)
      const command = commandOf(operation, input, context)
      if (command) await rememberCommand(tx, { ...command, status, headers, body: text })
      return { status, headers, ...(text !== '' && { body: { raw: text } }) } as Answer<never>
    }),
  )
}
