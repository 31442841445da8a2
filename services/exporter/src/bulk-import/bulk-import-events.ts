import type { bulkImportEvents } from '@slipway/contracts'
import { appendEvents, type Queryable } from '@slipway/store'
import type { ImportRow } from './bulk-import.store.ts'
import { messageOf } from './bulk-import.ts'

/** What all events of an import say. */
export function importData(row: ImportRow) {
  const { id, queue, identity, state, total, processed, counts, error } = row
  const message = state === 'PENDING' ? null : (error ?? messageOf(row))
  return { import_id: id, queue, username: identity.login, state, total, processed, counts, message }
}

/** Tells of an import, in the transaction that changed it and under the number it got there. */
export async function tellImport(
  tx: Queryable,
  verb: Exclude<keyof typeof bulkImportEvents, 'applied'>,
  row: ImportRow,
  actor: string,
): Promise<void> {
  const { id, seq, traceparent } = row
  const data = importData(row)
  const cause = { actor, ...(traceparent !== null && { traceparent }) }
  await appendEvents(tx, [{ noun: 'bulk-import', verb, aggregate: id, sequence: seq, ...cause, data }])
}
