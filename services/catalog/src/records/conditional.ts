import { failure } from '@slipway/contracts'
import type { Queryable } from '@slipway/store'
import { sql } from 'kysely'
import { prepare } from '../sql.ts'

const newest = prepare<{ resources: readonly string[] }>()('last-change', (db, p) =>
  db
    .selectFrom('last_change')
    .select(sql<number | null>`extract(epoch from date_trunc('second', max(changed_at)))::float8`.as('seconds'))
    .where('resource', '=', eb => eb.fn.any(p.resources)),
)
const lock = prepare<{ resources: readonly string[] }>()('last-change-lock', (db, p) =>
  db
    .selectFrom('last_change')
    .select(sql<number | null>`extract(epoch from date_trunc('second', changed_at))::float8`.as('seconds'))
    .where('resource', '=', eb => eb.fn.any(p.resources))
    .orderBy('resource')
    .forUpdate(),
)

/** When one of the resources was changed last, in epoch seconds; undefined: never. */
export async function lastChange(read: Queryable['query'], resources: readonly string[]): Promise<number | undefined> {
  const [row] = await read(newest, { resources })
  return row?.seconds ?? undefined
}

/**
 * Makes sure that nothing related was changed after the given epoch second, and that nothing will be until this
 * transaction ends. @throws `precondition_failed`
 */
export async function requireUnmodified(
  read: Queryable['query'],
  resources: readonly string[],
  since: number | undefined,
): Promise<void> {
  if (since === undefined) return
  const rows = await read(lock, { resources })
  if (rows.some(({ seconds }) => seconds !== null && seconds > since)) {
    throw failure('precondition_failed', 'The resource changed since it was read.')
  }
}

/** The value of a `Last-Modified` header. */
export const httpDate = (seconds: number): string => new Date(seconds * 1000).toUTCString()
