import { TransformStream } from 'node:stream/web'
import type { Store, Tx } from '@slipway/store'
import { CompiledQuery } from 'kysely'

const rowsAtOnce = 1_000

/**
 * The rows of a query of any shape and size, through a cursor in a transaction of its own that sees one state of the
 * database. No more is read than is taken; leaving the loop ends the transaction.
 */
export async function* snapshotRows<Row>(
  store: Store,
  text: string,
  values: readonly unknown[],
): AsyncGenerator<Row[], void, void> {
  const { readable, writable } = new TransformStream<Row[], Row[]>()
  const writer = writable.getWriter()
  const copied = store
    .transaction(tx => copyRows(tx, text, values, rows => writer.write(rows as Row[])), {
      isolation: 'repeatable read',
      attempts: 1,
    })
    .then(
      () => writer.close(),
      error => writer.abort(error),
    )
    // Whoever reads gets the error; when nobody does any more there is nobody to tell.
    .catch(() => {})
  try {
    yield* readable
  } finally {
    await copied
  }
}

async function copyRows(tx: Tx, text: string, values: readonly unknown[], write: (rows: unknown[]) => Promise<void>) {
  await tx.db.executeQuery(CompiledQuery.raw(`declare snapshot no scroll cursor for ${text}`, [...values]))
  for (;;) {
    const { rows } = await tx.db.executeQuery(CompiledQuery.raw(`fetch ${rowsAtOnce} from snapshot`))
    if (rows.length > 0) await write(rows)
    if (rows.length < rowsAtOnce) return
  }
}
