import type { CallContext, OperationHandler } from '@slipway/bus'
import type { Operation, ParsedInputOf } from '@slipway/contracts'
import type { Store, Tx } from '@slipway/store'
import { type Changed, writeHandler } from './write-handler.ts'

/**
 * A write of the unified API, whose input says by `dry_run` whether it is only tried: then it is made with all its
 * checks, answered with status 200, and rolled back, with nothing remembered.
 */
export function triableHandler<Op extends Operation, Database>(
  store: Store<Database>,
  operation: Op,
  change: (tx: Tx<Database>, input: ParsedInputOf<Op>, context: CallContext) => Promise<Changed>,
): OperationHandler {
  const write = writeHandler(store, operation, change)
  return {
    operation,
    handle: async (input, context, upload) => {
      if (!(input as { readonly dry_run?: boolean }).dry_run) return write.handle(input, context, upload)
      const { body } = await undone(store, tx => change(tx, input as ParsedInputOf<Op>, context))
      return { body: { raw: JSON.stringify(body) } }
    },
  }
}

/** What a transaction came to that was rolled back. */
async function undone<Result, Database>(
  store: Store<Database>,
  work: (tx: Tx<Database>) => Promise<Result>,
): Promise<Result> {
  const rollback = new Error('A dry run is rolled back.')
  const came: Result[] = []
  try {
    await store.transaction(async tx => {
      came[0] = await work(tx)
      throw rollback
    })
  } catch (error) {
    if (error !== rollback) throw error
  }
  return came[0] as Result
}
