import { TransformStream } from 'node:stream/web'
import { streamRows } from './stream-rows.ts'
import type { AnyStore, Statement } from './types.ts'

export type Query = { readonly statement: Statement; readonly values: readonly unknown[] }

/** Milliseconds in which whoever reads must ask for more; it keeps nobody else waiting, but what is deleted stays. */
const readerPatienceMs = 300_000

/** Rows, and which of the queries they are of. */
export type SnapshotPart<Row> = { readonly query: number; readonly rows: Row[] }

/**
 * The rows of queries of any size, one query after the other and in parts, all from one state of the database: cursors
 * in a transaction of its own. No more is read than is taken; leaving the loop ends the transaction.
 */
export async function* snapshotParts<Row>(
  store: Pick<AnyStore, 'transaction'>,
  queries: readonly Query[],
): AsyncGenerator<SnapshotPart<Row>, void, void> {
  const { readable, writable } = new TransformStream<SnapshotPart<Row>, SnapshotPart<Row>>()
  const writer = writable.getWriter()
  const copied = store
    .transaction(
      async tx => {
        for (const [query, { statement, values }] of queries.entries()) {
          for await (const rows of streamRows<Row>(tx, statement, values)) await writer.write({ query, rows })
        }
      },
      { isolation: 'repeatable read', attempts: 1, idleMs: readerPatienceMs },
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

/** The same of one query. */
export async function* snapshotRows<Row>(
  store: Pick<AnyStore, 'transaction'>,
  statement: Statement,
  values: readonly unknown[] = [],
): AsyncGenerator<Row[], void, void> {
  for await (const { rows } of snapshotParts<Row>(store, [{ statement, values }])) yield rows
}
