import { pino } from 'pino'
import { openStore } from '../connection/open-store.ts'
import { type DumpOptions, dumpSchema } from '../schema/dump-schema.ts'
import { dumpTables } from '../schema/dump-tables.ts'
import type { Migrations } from '../schema/migration-files.ts'
import type { Store } from '../types.ts'
import { cloneDatabase } from './clone-database.ts'

export type SchemaSource = {
  /** A database of a server in which the role may create others. */
  readonly adminUrl: string
  /** Of the service, besides the platform's; none: the platform's schema is meant. */
  readonly migrations: readonly Migrations[]
}

/** What these migrations make, as SQL for reading: see `dumpSchema`. */
export function schemaOf(source: SchemaSource): Promise<string> {
  return dumpOf(source, dumpSchema)
}

/** What these migrations make, as the types of its tables: see `dumpTables`. */
export function tablesOf(source: SchemaSource): Promise<string> {
  return dumpOf(source, dumpTables)
}

async function dumpOf(
  { adminUrl, migrations }: SchemaSource,
  dump: (store: Store, options: DumpOptions) => Promise<string>,
): Promise<string> {
  await using database = await cloneDatabase({ adminUrl, migrations, name: 'schema' })
  const log = pino({ level: 'silent' })
  await using store = await openStore({
    url: database.url,
    log,
    name: 'slipway-schema',
    poolSize: 1,
    readConnections: 1,
  })
  return await dump(store, migrations.length === 0 ? { schemas: ['platform'] } : {})
}
