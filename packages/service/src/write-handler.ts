import type { Answer, CallContext, OperationHandler } from '@slipway/bus'
import type { Operation, ParsedInputOf } from '@slipway/contracts'
import { rememberCommand, type Store, type Tx } from '@slipway/store'
import { commandOf, handlerOf } from './handler.ts'

/** What a change answers: a status, default 200, and a body that is a value to be serialised. */
export type Changed = {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

/**
 * A handler whose change, events and remembered answer are one transaction. `before`: what has to be asked of others,
 * which no transaction waits for; it gives the input that the change sees.
 */
export function writeHandler<Op extends Operation, Database>(
  store: Store<Database>,
  operation: Op,
  change: (tx: Tx<Database>, input: ParsedInputOf<Op>, context: CallContext) => Promise<Changed>,
  before?: (input: ParsedInputOf<Op>, context: CallContext) => Promise<ParsedInputOf<Op>>,
): OperationHandler {
  return handlerOf(operation, async (input, context) => {
    const known = before ? await before(input, context) : input
    return store.transaction(async tx => {
      const { status = 200, headers = {}, body } = await change(tx, known, context)
      const text = body === undefined ? '' : JSON.stringify(body)
      const command = commandOf(operation, input, context)
      if (command) await rememberCommand(tx, { ...command, status, headers, body: text })
      return { status, headers, ...(text !== '' && { body: { raw: text } }) } as Answer<never>
    })
  })
}
