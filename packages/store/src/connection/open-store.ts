import { failure } from '@slipway/contracts'
import { resolve } from '../sql/prepare.ts'
import { writesEvents } from '../sql/writes-events.ts'
import type { Prepared, Statement, Store, StoreOptions } from '../types.ts'
import { clientConfig } from './client-config.ts'
import { hasRoom } from './has-room.ts'
import { holdLock } from './hold-lock.ts'
import { kyselyOver } from './kysely-dialect.ts'
import { openReaders } from './readers.ts'
import { transactionRunner } from './transaction.ts'
import { openWritePool } from './write-pool.ts'

const pingStatement: Statement = { name: 'platform.ping', text: 'select 1' }
/** Changes nothing, and is refused where nothing may be changed. */
const writableStatement: Statement = {
  name: 'platform.writable',
  text: 'select from platform.migration where false for update',
}

/**
 * Opens the database of a service. Resolves when it answers; fails with `unavailable` otherwise (`migrate`, which runs
 * before, is what waits for a Postgres that starts). Its errors: `unavailable` for lost or refused connections, for
 * statements given up and for a database that takes no writes (`troubles` in database-error.ts), `busy` when every
 * connection stayed in use for 5 seconds, or 30 in the background, `invalid` for values that no column takes; everything
 * else is the error of Postgres, recognised with `isUniqueViolation` and the like.
 */
export function openStore<Database = unknown>(options: StoreOptions): Promise<Store<Database>>
export async function openStore(options: StoreOptions): Promise<Store> {
  const {
    url,
    log,
    name,
    poolSize = 10,
    readConnections = 3,
    statementTimeoutMs = 30_000,
    idleTransactionMs = 10_000,
    transactionMs = 120_000,
    patienceMs = 2_000,
  } = options
  const config = clientConfig(url, name, { statementMs: statementTimeoutMs, idleInTransactionMs: idleTransactionMs })
  let isFull = false
  const onFull = () => {
    isFull = true
  }
  const pool = openWritePool({ config, size: poolSize, patienceMs, transactionMs, onFull, log })
  const readers = openReaders({
    config,
    size: readConnections,
    patienceMs,
    statementMs: statementTimeoutMs || Number.POSITIVE_INFINITY,
    log,
  })
  const lockOptions = {
    url,
    application: name,
    statementMs: statementTimeoutMs,
    silenceMs: idleTransactionMs,
  }
  const kysely = kyselyOver(pool)
  const outboxChanged = signal()

  async function read<Row>(what: Statement | Prepared<unknown, unknown>, given?: unknown): Promise<Row[]> {
    const { statement, values } = resolve(what, given)
    return readers.read<Row>(statement, values)
  }

  async function write<Row>(what: Statement | Prepared<unknown, unknown>, given?: unknown): Promise<Row[]> {
    const { statement, values } = resolve(what, given)
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
    await pool.run(writableStatement)
    if (isFull) isFull = !(await hasRoom(pool))
    if (isFull) throw failure('unavailable', 'The database has no space left.', { retryAfter: 10 })
  }

  try {
    await pool.run(pingStatement)
  } catch (error) {
    await close()
    throw error
  }

  return {
    db: kysely.db,
    read,
    write,
    query: write,
    transaction: transactionRunner(pool, kysely, outboxChanged.emit, log),
    lock: key => holdLock(lockOptions, key),
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
