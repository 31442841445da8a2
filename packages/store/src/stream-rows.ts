import type { AnyTx, Statement } from './types.ts'

/**
 * The rows of a query of any size, `size` at a time (default 1,000), through a cursor: memory does not grow with the
 * result, and the next rows are asked for only when the consumer wants them. The statement must be a plain query. A
 * transaction has at most one such stream of a statement open.
 *
 * What was yielded cannot be taken back, so the transaction must not run again:
 *
 * ```ts
 * await store.transaction(async tx => {
 *   for await (const rows of streamRows<Row>(tx, everything, [source])) await out.write(rows)
 * }, { isolation: 'repeatable read', attempts: 1, idleMs: 300_000 })
 * ```
 */
export async function* streamRows<Row>(
  tx: Pick<AnyTx, 'query'>,
  statement: Statement,
  values: readonly unknown[] = [],
  size = 1_000,
): AsyncGenerator<Row[], void, void> {
  const cursor = `"${statement.name.replaceAll('"', '') || 'rows'}"`
  const named = (step: string) => (statement.name === '' ? '' : `${statement.name}/${step}`)
  const declare = { name: named('declare'), text: `declare ${cursor} no scroll cursor for ${statement.text}` }
  const fetch = { name: named(String(size)), text: `fetch ${size} from ${cursor}` }
  const close = { name: named('close'), text: `close ${cursor}` }
  await tx.query(declare, values)
  let failed = false
  try {
    for (;;) {
      const rows = await tx.query<Row>(fetch)
      if (rows.length > 0) yield rows
      if (rows.length < size) break
    }
  } catch (error) {
    failed = true
    throw error
  } finally {
    // A transaction that failed has closed it, and takes no more statements.
    if (!failed) await tx.query(close)
  }
}
