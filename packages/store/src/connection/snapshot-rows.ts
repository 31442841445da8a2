import { TransformStream, type TransformStreamDefaultController } from 'node:stream/web'
import { failure } from '@slipway/contracts'
import { resolve } from '../sql/prepare.ts'
import type { Prepared, Reader, Statement, Store } from '../types.ts'
import { streamRows } from './stream-rows.ts'

/** A statement with the values of its parameters. */
export type Query<Row = unknown> = {
  readonly statement: Statement
  readonly values: readonly unknown[]
  /** Never there: carries the type of a row. */
  readonly row?: Row
}

/** A prepared statement with what it is given. */
export function queryOf<Given, Row>({ statement, values }: Prepared<Given, Row>, given: Given): Query<Row> {
  return { statement, values: values(given) }
}

/** Milliseconds in which whoever reads must ask for more; it keeps nobody else waiting, but what is deleted stays. */
const readerPatienceMs = 300_000

/** Rows, and which of the queries they are of. */
export type SnapshotPart<Row> = { readonly query: number; readonly rows: Row[] }

/**
 * The rows of queries of any size, one query after the other and in parts, all from one state of the database: cursors
 * in a transaction of its own. No more is read than is taken; leaving the loop ends the transaction. So does waiting too
 * long for whoever reads, where others wait for its connection: `busy`.
 */
export async function* snapshotParts<Row>(
  store: Pick<Store, 'transaction'>,
  queries: readonly Query<Row>[],
): AsyncGenerator<SnapshotPart<Row>, void, void> {
  let controller: TransformStreamDefaultController<SnapshotPart<Row>> | undefined
  const { readable, writable } = new TransformStream<SnapshotPart<Row>, SnapshotPart<Row>>({
    start(own) {
      controller = own
    },
  })
  const writer = writable.getWriter()
  // Unlike abort, this also ends a write that waits to be taken.
  const pace = paceOf(reason => controller?.error(reason))
  const copied = store
    .transaction(
      async tx => {
        for (const [query, { statement, values }] of queries.entries()) {
          for await (const rows of streamRows<Row>(tx, statement, values))
            await pace.wait(writer.write({ query, rows }))
        }
      },
      { isolation: 'repeatable read', attempts: 1, idleMs: readerPatienceMs, reader: pace.reader },
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

/** Watches how long rows wait to be taken. */
function paceOf(end: (reason: Error) => void) {
  let idleMs = 0
  let since: number | undefined
  const waited = () => (since === undefined ? 0 : idleMs + performance.now() - since)
  const reader: Reader = {
    idleMs: waited,
    sendAway: () => end(failure('busy', 'The answer was read too slowly, and others waited.', { retryAfter: 5 })),
  }
  return {
    reader,
    async wait(taken: Promise<void>): Promise<void> {
      since = performance.now()
      await taken
      idleMs = waited()
      since = undefined
    },
  }
}

/** The same of one query. */
export function snapshotRows<Given, Row>(
  store: Pick<Store, 'transaction'>,
  prepared: Prepared<Given, Row>,
  ...given: unknown extends Given ? [] : [given: Given]
): AsyncGenerator<Row[], void, void>
export function snapshotRows<Row>(
  store: Pick<Store, 'transaction'>,
  statement: Statement,
  values?: readonly unknown[],
): AsyncGenerator<Row[], void, void>
export async function* snapshotRows<Row>(
  store: Pick<Store, 'transaction'>,
  what: Statement | Prepared<unknown, Row>,
  given?: unknown,
): AsyncGenerator<Row[], void, void> {
  for await (const { rows } of snapshotParts<Row>(store, [resolve(what, given)])) yield rows
}
