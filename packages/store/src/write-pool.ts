import { setTimeout as delay } from 'node:timers/promises'
import { failure } from '@slipway/contracts'
import pg, { type ClientConfig, type PoolClient } from 'pg'
import type { Logger } from 'pino'
import { isConnectionFailure, statementConfusion, translateError } from './database-error.ts'
import { encodeParameters } from './encode-parameters.ts'
import type { Statement, StoreStats } from './types.ts'

export type WritePool = {
  /** Most connections it opens. */
  readonly size: number
  /** A connection of its own, until it is released. Waits `patienceMs` for a Postgres that is away. */
  acquire(): Promise<PoolClient>
  /** True when the connection broke; it must be released with `true`. */
  isLost(client: PoolClient): boolean
  run<Row>(statement: Statement, values?: readonly unknown[]): Promise<Row[]>
  stats(): StoreStats['pool']
  close(): Promise<void>
}

export type WritePoolOptions = {
  readonly config: ClientConfig
  readonly size: number
  readonly patienceMs: number
  readonly log: Logger
}

/** Unused connections stay: making one anew costs 12 ms, paid by the first requests after every pause. */
const idleTimeoutMs = 600_000

export function openWritePool({ config, size, patienceMs, log }: WritePoolOptions): WritePool {
  // Pipelining lets a transaction send BEGIN together with its first statement.
  const pool = new pg.Pool({ ...config, max: size, idleTimeoutMillis: idleTimeoutMs, pipeline: true })
  const lost = new WeakSet<PoolClient>()
  // Without listeners a Postgres that stops would end this process.
  // The error itself carries the whole client, which no log should.
  pool.on('error', ({ message }) => log.warn({ reason: message }, 'an unused database connection was lost'))
  pool.on('connect', client => client.on('error', () => lost.add(client)))

  const acquiring = new Set<Promise<PoolClient>>()
  let closed = false

  function acquire(): Promise<PoolClient> {
    const client = connect().finally(() => acquiring.delete(client))
    acquiring.add(client)
    return client
  }

  async function connect(): Promise<PoolClient> {
    const giveUpAt = Date.now() + patienceMs
    for (let attempt = 0; ; attempt++) {
      if (closed) throw failure('unavailable', 'The store is closed.')
      try {
        return await pool.connect()
      } catch (error) {
        const waitMs = Math.min(500, 25 * 2 ** attempt)
        const away = isConnectionFailure(error)
        if (!away && pool.totalCount >= size) {
          throw failure('busy', 'Every database connection is in use.', { cause: error })
        }
        if (!away || Date.now() + waitMs > giveUpAt) throw translateError(error, true)
        await delay(waitMs)
      }
    }
  }

  async function run<Row>(statement: Statement, values: readonly unknown[] = []): Promise<Row[]> {
    const query = { name: statement.name, text: statement.text, values: encodeParameters(values) }
    // After a migration each older connection may hold a stale plan; the refused statement had no effect.
    for (let attempt = 0; ; attempt++) {
      const client = await acquire()
      let broken = false
      try {
        return (await client.query(query)).rows as Row[]
      } catch (error) {
        const confused = statementConfusion(error) !== undefined
        broken = confused || lost.has(client)
        if (!confused || attempt >= size) throw translateError(error, broken)
      } finally {
        client.release(broken)
      }
    }
  }

  return {
    size,
    acquire,
    isLost: client => lost.has(client),
    run,
    stats: () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    async close() {
      closed = true
      // An ended pool forgets those who still wait for a connection.
      await Promise.allSettled(acquiring)
      await pool.end()
    },
  }
}
