import { type NamedStatement, namedStatement, type Store, valuesOf } from '@slipway/store'
import { CompiledQuery } from 'kysely'

const known = new Map<string, NamedStatement>()

/**
 * Runs a query that was put together from parts. With a name it is planned once a connection and pipelined with others:
 * for the shapes that come often. Without one (orders and filters of all sorts) it is planned for these values and kept
 * apart, so that rare and slow ones hold nothing up.
 */
export async function run<Row>(
  store: Store,
  name: string | undefined,
  text: () => string,
  given: Readonly<Record<string, unknown>>,
): Promise<Row[]> {
  if (name === undefined) {
    const once = namedStatement('', text())
    const { rows } = await store.db.executeQuery<Row>(CompiledQuery.raw(once.statement.text, valuesOf(once, given)))
    return rows
  }
  const named = known.get(name) ?? namedStatement(name, text())
  known.set(name, named)
  return store.read<Row>(named.statement, valuesOf(named, given))
}
