import { failure } from '@slipway/contracts'
import type { Client } from 'pg'
import type { Logger } from 'pino'
import { clientConfig } from '../connection/client-config.ts'
import { connectWhenReady } from '../connection/wait-for-postgres.ts'
import { applyMigration, type LockBounds } from './apply-migration.ts'
import {
  type MigrationFile,
  type MigrationSet,
  type Migrations,
  platformMigrations,
  readMigrations,
} from './migration-files.ts'
import { takeMigrationTurn } from './take-migration-turn.ts'

export type MigrateOptions = LockBounds & {
  /** Milliseconds to wait for a Postgres that does not accept connections yet. Default 60,000. */
  readonly waitMs?: number
}

/** Milliseconds in which a process that migrates has its next statement ready, unless it was stopped. */
const silenceMs = 60_000
const bounds = { statementMs: 0, idleInTransactionMs: silenceMs, idleMs: silenceMs }

/**
 * Brings the database at `url` up to date: the platform's own tables first, then each set given, file by file, each in
 * a transaction of its own. Any number of replicas may start at once: one works, the others say that they wait, and find
 * nothing left. A statement takes as long as it needs; a process that stops in the middle loses its turn.
 *
 * Fails, naming the file, when an applied file was changed or is missing, or when the numbers have a gap. Files that
 * are applied but newer than the folder are accepted: that is a service rolled back to an older version.
 * Returns the names of the files that were applied.
 */
export async function migrate(
  url: string,
  migrations: Migrations | readonly Migrations[],
  log: Logger,
  options: MigrateOptions = {},
): Promise<string[]> {
  const given = Array.isArray(migrations) ? (migrations as readonly Migrations[]) : [migrations as Migrations]
  const sets = await Promise.all([platformMigrations, ...given].map(readMigrations))
  const doubled = sets.find(({ set }, index) => sets.findIndex(other => other.set === set) !== index)
  if (doubled) throw failure('internal', `Two folders of migrations are both the set ${doubled.set}; name one.`)
  const client = await connectWhenReady(clientConfig(url, 'slipway-migrate', bounds), options.waitMs ?? 60_000, log)
  try {
    // The turn is the session's, so it is free again when this process dies.
    await takeMigrationTurn(client, log)
    const applied = await readLedger(client)
    const done: string[] = []
    for (const set of sets) {
      for (const file of pending(set, applied, log)) {
        const startedAt = performance.now()
        log.info({ event: 'migrating', migration: file.name }, 'migration begins')
        await applyMigration(client, file, log, options)
        log.info(
          { event: 'migrated', migration: file.name, ms: Math.round(performance.now() - startedAt) },
          'migration applied',
        )
        done.push(file.name)
      }
    }
    return done
  } finally {
    await client.end()
  }
}

async function readLedger(client: Client): Promise<Map<string, string>> {
  await client.query(`
    create schema if not exists platform;
    create table if not exists platform.migration (
      name       text        not null,
      checksum   text        not null,
      applied_at timestamptz not null default clock_timestamp(),
      constraint migration_pkey primary key (name)
    )`)
  const { rows } = await client.query<{ name: string; checksum: string }>(
    'select name, checksum from platform.migration order by name collate "C"',
  )
  return new Map(rows.map(row => [row.name, row.checksum]))
}

/** The files of a set that are still to be applied, after all checks. */
function pending({ set, files }: MigrationSet, applied: ReadonlyMap<string, string>, log: Logger): MigrationFile[] {
  const recorded = [...applied.keys()].filter(name => name.startsWith(`${set}/`))
  for (const [index, name] of recorded.entries()) {
    const file = files[index]
    if (!file) {
      log.warn({ migration: name }, 'the database is newer than this version')
    } else if (file.name !== name) {
      throw failure('internal', `Migration ${name} was applied, but its place in the folder has ${file.name}.`)
    } else if (file.checksum !== applied.get(name)) {
      throw failure('internal', `Migration ${name} was changed after it was applied; write a new one instead.`)
    }
  }
  return files.slice(recorded.length)
}
