import { resolve } from '../sql/prepare.ts'
import { statementName } from '../sql/statement-name.ts'
import type { Prepared, Statement, Tx } from '../types.ts'

/**
 * The rows of a query of any size, `size` at a time, through a cursor: memory does not grow with the result, and the next
 * rows are asked for only when the consumer wants them. By default there are few at first, then up to 1,000 as long as
 * the texts in them stay small. The statement must be a plain query. A transaction has at most one such stream of a
 * statement open.
 *
 * What was yielded cannot be taken back, so the transaction must not run again:
 *
 * ```ts
 * await store.transaction(async tx => {
 *   for await (const rows of streamRows(tx, everything, { source })) await out.write(rows)
 * }, { isolation: 'repeatable read', attempts: 1, idleMs: 300_000 })
 * ```
 */
export function streamRows<Given, Row>(
  tx: Pick<Tx, 'query'>,
  prepared: Prepared<Given, Row>,
  given: Given,
  size?: number,
): AsyncGenerator<Row[], void, void>
export function streamRows<Row>(
  tx: Pick<Tx, 'query'>,
  statement: Statement,
  values?: readonly unknown[],
  size?: number,
): AsyncGenerator<Row[], void, void>
export async function* streamRows<Row>(
  tx: Pick<Tx, 'query'>,
  what: Statement | Prepared<unknown, Row>,
  given?: unknown,
  size?: number,
): AsyncGenerator<Row[], void, void> {
  const { statement, values } = resolve(what, given)
  const cursor = `"${statement.name.replaceAll('"', '') || 'rows'}"`
  const named = (step: string) => (statement.name === '' ? '' : statementName(`${statement.name}/${step}`))
  const declare = { name: named('declare'), text: `declare ${cursor} no scroll cursor for ${statement.text}` }
  const fetch = (count: number) => ({ name: named(String(count)), text: `fetch ${count} from ${cursor}` })
  const close = { name: named('close'), text: `close ${cursor}` }
  await tx.query(declare, values)
  let failed = false
  let count = size ?? sizes[0]
  try {
    for (;;) {
      const rows = await tx.query<Row>(fetch(count))
      if (rows.length > 0) yield rows
      if (rows.length < count) break
      if (size === undefined) count = nextSize(count, rows)
    }
  } catch (error) {
    failed = true
    throw error
  } finally {
    // A transaction that failed has closed it, and takes no more statements.
    if (!failed) await tx.query(close)
  }
}

/** Rows at a time: few enough for rows of megabytes, and enough for small ones. */
const sizes = [8, 64, 1_000] as const
/** Characters of the texts of as many rows as may be held. */
const maxHeld = 8 * 1024 * 1024

function nextSize(count: number, rows: readonly unknown[]): number {
  let held = 0
  for (const row of rows) {
    for (const value of Object.values(row as object)) if (typeof value === 'string') held += value.length
  }
  const average = held / rows.length
  return sizes.findLast(size => size * average <= maxHeld && size <= count * 16) ?? sizes[0]
}
