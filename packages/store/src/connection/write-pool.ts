import { setTimeout as delay } from 'node:timers/promises'
import { failure } from '@slipway/contracts'
import pg, { type ClientConfig, type PoolClient } from 'pg'
import type { Logger } from 'pino'
import { encodeParameters } from '../sql/encode-parameters.ts'
import type { Reader, Statement, StoreStats } from '../types.ts'
import { backgroundPlaces, type Place } from './background-places.ts'
import {
  connectFailure,
  isConnectionFailure,
  isTransient,
  sqlState,
  statementConfusion,
  translateError,
} from './database-error.ts'
import { backgroundWork } from './in-background.ts'
import { readerPlaces } from './reader-places.ts'

export type WritePool = {
  /** Most connections it opens. */
  readonly size: number
  /**
   * A connection of its own, until it is released. Waits `patienceMs` for a Postgres that is away. One for a reader is in
   * no hurry, as background work is, and one of a few that readers have among them.
   */
  acquire(reader?: Reader): Promise<PoolClient>
  /** Gives a connection back, or ends it when it is no good any more. */
  release(client: PoolClient, isBroken: boolean): void
  /** The error of a statement in the words of the catalogue; `isLost` knows after it what it says of the connection. */
  translate(client: PoolClient, error: unknown): unknown
  /** True when the connection broke, or cannot write although others may; it must be released as broken. */
  isLost(client: PoolClient): boolean
  run<Row>(statement: Statement, values?: readonly unknown[]): Promise<Row[]>
  stats(): StoreStats['pool']
  close(): Promise<void>
}

export type WritePoolOptions = {
  readonly config: ClientConfig
  readonly size: number
  readonly patienceMs: number
  /** Milliseconds that a transaction may take, where Postgres knows such a bound (17 and later); 0: none. */
  readonly transactionMs: number
  /** Called for each statement that found the disk of the database full. */
  readonly onFull: () => void
  readonly log: Logger
}

/** Unused connections stay: making one anew costs 12 ms, paid by the first requests after every pause. */
const idleTimeoutMs = 600_000
/**
 * Whether a session is read-only by default is settled when it begins. One older than this that may not write is
 * replaced, for the server may have changed its mind; a younger one is believed.
 */
const believeReadOnlyMs = 1_000
/** An error for versions that do not know the setting, so it cannot be among the options of the connection. */
const boundTransactions = `select set_config('transaction_timeout', $1, false)
  where current_setting('server_version_num')::int >= 170000`
/** Runs of a statement that collides with others: deadlocks, serialisation failures. */
const attempts = 3

export function openWritePool(options: WritePoolOptions): WritePool {
  const { config, size, patienceMs, transactionMs, onFull, log } = options
  // Pipelining lets a transaction send BEGIN together with its first statement.
  const pool = new pg.Pool({ ...config, max: size, idleTimeoutMillis: idleTimeoutMs, pipeline: true })
  const places = backgroundPlaces(size)
  // Of the seven in ten that requests leave to others, so that background work goes on whoever reads.
  const ofReaders = readerPlaces({ places: Math.max(1, Math.floor(size * 0.4)) })
  const taken = new WeakMap<PoolClient, readonly Place[]>()
  const lost = new WeakSet<PoolClient>()
  const bornAt = new WeakMap<PoolClient, number>()
  // Without listeners a Postgres that stops would end this process.
  // The error itself carries the whole client, which no log should.
  pool.on('error', ({ message }) => log.warn({ reason: message }, 'an unused database connection was lost'))
  pool.on('connect', client => {
    client.on('error', () => lost.add(client))
    bornAt.set(client, performance.now())
    // Sent ahead of the first statement, which does not wait for it. A connection that fails here fails there.
    if (transactionMs > 0) client.query(boundTransactions, [String(transactionMs)]).catch(() => {})
  })

  const acquiring = new Set<Promise<PoolClient>>()
  let closed = false

  function acquire(reader?: Reader): Promise<PoolClient> {
    const client = inTurn(reader).finally(() => acquiring.delete(client))
    acquiring.add(client)
    return client
  }

  async function inTurn(reader: Reader | undefined): Promise<PoolClient> {
    const work = backgroundWork() ?? (reader && { held: 0 })
    if (!work) return connect()
    const held: Place[] = []
    try {
      if (reader) held.push(await ofReaders.take(reader))
      const place = await places.take(work)
      if (place) held.push(place)
      const client = await connect()
      taken.set(client, held)
      return client
    } catch (error) {
      for (const place of held) place.free()
      throw error
    }
  }

  async function connect(): Promise<PoolClient> {
    const giveUpAt = performance.now() + patienceMs
    for (let attempt = 0; ; attempt++) {
      if (closed) throw failure('unavailable', 'The store is closed.')
      try {
        return await pool.connect()
      } catch (error) {
        const waitMs = Math.min(500, 25 * 2 ** attempt)
        const away = isConnectionFailure(error)
        if (!away && pool.totalCount >= size) {
          throw failure('busy', 'Every database connection is in use.', { cause: error, retryAfter: 1 })
        }
        if (!away || performance.now() + waitMs > giveUpAt) throw connectFailure(error)
        await delay(waitMs)
      }
    }
  }

  function release(client: PoolClient, isBroken: boolean): void {
    const held = taken.get(client) ?? []
    taken.delete(client)
    client.release(isBroken)
    for (const place of held) place.free()
  }

  // A connection whose answer did not come in time is cut before the loss of it is reported.
  const isLost = (client: PoolClient) => lost.has(client) || client.connection.stream.destroyed

  function translate(client: PoolClient, error: unknown): unknown {
    const code = sqlState(error)
    if (code === '53100') onFull()
    if (code === '25006' && performance.now() - (bornAt.get(client) ?? 0) > believeReadOnlyMs) lost.add(client)
    return translateError(error, isLost(client))
  }

  async function run<Row>(statement: Statement, values: readonly unknown[] = []): Promise<Row[]> {
    const query = { name: statement.name, text: statement.text, values: encodeParameters(values) }
    for (let outdated = 0, collisions = 0; ; ) {
      const client = await acquire()
      let broken = false
      try {
        return (await client.query(query)).rows as Row[]
      } catch (error) {
        const translated = translate(client, error)
        // After a migration each older connection may hold a stale plan, and after a time in which nothing could be
        // written each may be read-only still. The refused statement had no effect.
        const confused = statementConfusion(error) !== undefined
        broken = confused || isLost(client)
        const isOutdated = confused || (broken && sqlState(error) === '25006')
        const again = isOutdated ? outdated++ < size : isTransient(error) && ++collisions < attempts
        if (!again) throw translated
      } finally {
        release(client, broken)
      }
      // Those that collided should not meet again.
      if (collisions > 0) await delay(Math.random() * 10 * 2 ** collisions)
    }
  }

  return {
    size,
    acquire,
    release,
    translate,
    isLost,
    run,
    stats: () => ({
      total: pool.totalCount,
      idle: pool.idleCount,
      waiting: pool.waitingCount + places.waiting + ofReaders.waiting,
    }),
    async close() {
      closed = true
      // An ended pool forgets those who still wait for a connection.
      await Promise.allSettled(acquiring)
      await pool.end()
    },
  }
}
