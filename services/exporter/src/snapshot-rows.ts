import { TransformStream } from 'node:stream/web'
import { type AnyStore, type Statement, streamRows } from '@slipway/store'

export type Query = { readonly statement: Statement; readonly values: readonly unknown[] }

/** Rows, and which of the queries they are of. */
export type Part<Row> = { readonly query: number; readonly rows: readonly Row[] }

/**
 * The rows of queries of any size, one query after the other and in parts, all from one state of the database: cursors
 * in a transaction of its own. No more is read than is taken; leaving the loop ends the transaction.
 */
export async function* snapshotRows<Row>(
  store: AnyStore,
  queries: readonly Query[],
): AsyncGenerator<Part<Row>, void, void> {
  const { readable, writable } = new TransformStream<Part<Row>, Part<Row>>()
  const writer = writable.getWriter()
  const copied = store
    .transaction(
      async tx => {
        for (const [query, { statement, values }] of queries.entries()) {
          for await (const rows of streamRows<Row>(tx, statement, values)) await writer.write({ query, rows })
        }
      },
      { isolation: 'repeatable read', attempts: 1 },
    )
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
