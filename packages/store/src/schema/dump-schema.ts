import type { Statement, Store } from '../types.ts'
import { dumpStatements } from './dump-statements.ts'

export type DumpOptions = {
  /** Schemas to describe. Default: all but the system's and `platform`, which every service has alike. */
  readonly schemas?: readonly string[]
}

/** Definitions then name everything with its schema, whatever the search path of the connection was. */
const qualify: Statement = { name: 'platform.dump-qualify', text: `select set_config('search_path', '', true)` }
export const ownSchemas: Statement = {
  name: 'platform.dump-own-schemas',
  text: `
    select nspname as schema from pg_namespace
    where nspname !~ '^pg_' and nspname not in ('information_schema', 'platform') order by nspname collate "C"`,
}

/**
 * What the database looks like, as text: extensions, types, sequences, functions, tables with their columns, constraints,
 * indexes and triggers, views. The same structure gives the same text on every machine, so a committed copy shows in a
 * review what a migration changes. It is read from the catalogue (`pg_dump` need not be there) and holds no order of
 * creation: it is for reading and comparing, not for restoring. Grants, comments and row policies are not in it.
 */
export function dumpSchema(store: Store, options: DumpOptions = {}): Promise<string> {
  return store.transaction(
    async tx => {
      await tx.query(qualify)
      const schemas = options.schemas ?? (await tx.query<{ schema: string }>(ownSchemas)).map(row => row.schema)
      const parts: string[] = []
      for (const statement of dumpStatements) {
        const rows = await tx.query<{ text: string }>(statement, [schemas])
        parts.push(...rows.map(row => row.text))
      }
      return `-- The schema that the migrations make; not for restoring.\n\n${parts.join('\n\n')}\n`
    },
    { isolation: 'repeatable read' },
  )
}
