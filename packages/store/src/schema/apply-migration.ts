import { setTimeout as delay } from 'node:timers/promises'
import { failure } from '@slipway/contracts'
import type { Client } from 'pg'
import type { Logger } from 'pino'
import { jitteredBackoff } from '../backoff.ts'
import { isTransient, sqlState } from '../connection/database-error.ts'
import type { MigrationFile } from './migration-files.ts'

export type LockBounds = {
  /**
   * Milliseconds that a statement of a migration waits for a lock. While it waits, all who come later wait behind it, so
   * this is short, and it tries again after a pause. Default 5,000.
   */
  readonly lockTimeoutMs?: number
  /** Milliseconds after which a migration that cannot have its locks is given up. Default 900,000. */
  readonly lockPatienceMs?: number
}

const backoff = jitteredBackoff({ baseMs: 500, maxMs: 15_000 })

/** Whoever had a lock for longest is the one to look at. */
const oldest = `
  select pid, application_name as application, client_addr::text as address, state, xact_start as "since"
  from pg_stat_activity
  where datname = current_database() and xact_start is not null and pid <> pg_backend_pid()
  order by xact_start limit 3`

/**
 * Runs a file and records it, in one transaction if the file does not say otherwise, which takes the time that it needs.
 * Fails naming the file.
 */
export async function applyMigration(
  client: Client,
  file: MigrationFile,
  log: Logger,
  { lockTimeoutMs = 5_000, lockPatienceMs = 900_000 }: LockBounds,
): Promise<void> {
  const startedAt = performance.now()
  for (let attempt = 1; ; attempt++) {
    try {
      await client.query(`set lock_timeout = ${lockTimeoutMs}`)
      if (!file.inTransaction) await client.query(file.text)
      await client.query('begin')
      if (file.inTransaction) await client.query(file.text)
      await client.query('insert into platform.migration (name, checksum) values ($1, $2)', [file.name, file.checksum])
      await client.query('commit')
      return
    } catch (error) {
      await client.query('rollback').catch(() => {})
      const waitedMs = Math.round(performance.now() - startedAt)
      const isBlocked = sqlState(error) === '55P03' || isTransient(error)
      if (!isBlocked || waitedMs >= lockPatienceMs) {
        const message = error instanceof Error ? error.message : String(error)
        throw failure('internal', `Migration ${file.name} failed: ${message}`, { cause: error })
      }
      const { rows } = await client.query(oldest)
      log.warn({ migration: file.name, attempt, waitedMs, oldestTransactions: rows }, 'a migration waits for a lock')
      await delay(Math.min(backoff(attempt), Math.max(0, lockPatienceMs - waitedMs)))
    }
  }
}
