import { failure } from '@slipway/contracts'
import type { Queryable, Statement } from '@slipway/store'

const newest: Statement = {
  name: 'last-change',
  text: `select extract(epoch from date_trunc('second', max(changed_at)))::float8 as seconds
    from last_change where resource = any($1)`,
}
const lock: Statement = {
  name: 'last-change-lock',
  text: `select extract(epoch from date_trunc('second', changed_at))::float8 as seconds
    from last_change where resource = any($1) order by resource for update`,
}

/** When one of the resources was changed last, in epoch seconds; undefined: never. */
export async function lastChange(read: Queryable['query'], resources: readonly string[]): Promise<number | undefined> {
  const [row] = await read<{ seconds: number | null }>(newest, [resources])
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
  const rows = await read<{ seconds: number | null }>(lock, [resources])
  if (rows.some(({ seconds }) => seconds !== null && seconds > since)) {
    throw failure('precondition_failed', 'The resource changed since it was read.')
  }
}

/** The value of a `Last-Modified` header. */
export const httpDate = (seconds: number): string => new Date(seconds * 1000).toUTCString()
