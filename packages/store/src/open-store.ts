import { clientConfig } from './client-config.ts'
import { holdLock } from './hold-lock.ts'
import { kyselyOver } from './kysely-dialect.ts'
import { openReaders } from './readers.ts'
import { transactionRunner } from './transaction.ts'
import type { Statement, Store, StoreOptions } from './types.ts'
import { openWritePool } from './write-pool.ts'
import { writesEvents } from './writes-events.ts'

const pingStatement: Statement = { name: 'platform.ping', text: 'select 1' }

/**
 * Opens the database of a service. Resolves when it answers; fails with `unavailable` otherwise (`migrate`, which runs
 * before, is what waits for a Postgres that starts). Its errors: `unavailable` for lost or refused connections, `busy`
 * when every connection stayed in use for 5 seconds, `timeout` for statements given up; everything else is the error
 * of Postgres, recognised with `isUniqueViolation` and the like.
 */
export async function openStore<Database = unknown>(options: StoreOptions): Promise<Store<Database>> {
  const {
    url,
    log,
    name,
    poolSize = 10,
    readConnections = 3,
    statementTimeoutMs = 30_000,
    patienceMs = 2_000,
  } = options
  const config = clientConfig(url, name, statementTimeoutMs)
  const pool = openWritePool({ config, size: poolSize, patienceMs, log })
  const readers = openReaders({ config, size: readConnections, patienceMs, log })
  const kysely = kyselyOver<Database>(pool)
  const outboxChanged = signal()

  async function write<Row>(statement: Statement, values?: readonly unknown[]): Promise<Row[]> {
    const rows = await pool.run<Row>(statement, values)
    if (writesEvents(statement)) outboxChanged.emit()
    return rows
  }

  let closing: Promise<void> | undefined
  function close(): Promise<void> {
    closing ??= Promise.all([readers.close(), pool.close()]).then(() => {})
    return closing
  }

  async function ping(): Promise<void> {
    await pool.run(pingStatement)
  }

  try {
    await ping()
  } catch (error) {
    await close()
    throw error
  }

  return {
    db: kysely.db,
    read: readers.read,
    write,
    query: write,
    transaction: transactionRunner(pool, kysely, outboxChanged.emit, log),
    lock: key => holdLock(config, key),
    ping,
    stats: () => ({ pool: pool.stats(), readers: readers.stats() }),
    outboxChanged,
    close,
    [Symbol.asyncDispose]: close,
  }
}

function signal(): Store['outboxChanged'] {
  const listeners = new Set<() => void>()
  return {
    emit() {
      for (const listener of listeners) listener()
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
