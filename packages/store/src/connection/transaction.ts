import { setTimeout as delay } from 'node:timers/promises'
import { failure } from '@slipway/contracts'
import type { PoolClient, QueryResult } from 'pg'
import type { Logger } from 'pino'
import { encodeParameters } from '../sql/encode-parameters.ts'
import { resolve } from '../sql/prepare.ts'
import { writesEvents } from '../sql/writes-events.ts'
import type { Prepared, Statement, Store, TransactionOptions, Tx } from '../types.ts'
import { isTransient, statementConfusion } from './database-error.ts'
import type { KyselyOverPool } from './kysely-dialect.ts'
import type { WritePool } from './write-pool.ts'

export type TransactionRunner = Store['transaction']

type Outcome<Result> =
  | { readonly done: true; readonly result: Result; readonly committed: readonly (() => void)[] }
  | { readonly done: false; readonly error: unknown; readonly again: 'no' | 'counted' | 'fresh connection' }

/** `eventsWritten` is called after each commit of a transaction that wrote events. */
export function transactionRunner(
  pool: WritePool,
  kysely: KyselyOverPool,
  eventsWritten: () => void,
  log: Logger,
): TransactionRunner {
  return async (work, options = {}) => {
    const { attempts = 3 } = options
    let attempt = 1
    let stale = 0
    for (;;) {
      const outcome = await runOnce(pool, kysely, eventsWritten, work, options)
      if (outcome.done) {
        for (const task of outcome.committed) runSafely(task, log)
        return outcome.result
      }
      if (outcome.again === 'fresh connection') {
        // After a migration each connection of the pool may have to go once.
        if (attempts === 1 || stale++ === pool.size) {
          throw failure('unavailable', 'A connection was older than a migration.', { cause: outcome.error })
        }
      } else {
        if (outcome.again === 'no' || attempt++ >= attempts) throw outcome.error
        // Those that collided should not meet again.
        await delay(Math.random() * 10 * 2 ** attempt)
      }
    }
  }
}

/** What was committed is not to look like a failure. */
function runSafely(task: () => void, log: Logger): void {
  try {
    task()
  } catch (error) {
    log.error({ err: error }, 'a task after a commit failed')
  }
}

async function runOnce<Result>(
  pool: WritePool,
  kysely: KyselyOverPool,
  eventsWritten: () => void,
  work: (tx: Tx) => Promise<Result>,
  options: TransactionOptions,
): Promise<Outcome<Result>> {
  const client = await pool.acquire(options.reader)
  const send = sender(client, beginOf(options))
  const committed = new Set<() => void>()
  let db: Tx['db']
  const tx: Tx = {
    get db() {
      db ??= kysely.transactionOver((text, values) => send.statement(text, () => client.query(text, values)))
      return db
    },
    async query<Row>(what: Statement | Prepared<unknown, unknown>, given?: unknown): Promise<Row[]> {
      const { statement, values } = resolve(what, given)
      const query = { name: statement.name, text: statement.text, values: encodeParameters(values) }
      const { rows } = await send.statement(statement.text, () => client.query(query))
      if (writesEvents(statement)) committed.add(eventsWritten)
      return rows as Row[]
    },
    afterCommit: task => void committed.add(task),
    wroteEvents: () => void committed.add(eventsWritten),
  }

  let committing = false
  try {
    const result = await work(tx)
    committing = true
    await send.end('commit')
    pool.release(client, false)
    return { done: true, result, committed: [...committed] }
  } catch (error) {
    if (!committing) await send.end('rollback').catch(() => {})
    const confused = statementConfusion(error) !== undefined
    const translated = pool.translate(client, error)
    const lost = pool.isLost(client)
    // A connection in doubt is not used again: one still in a transaction, or one whose statements do not fit.
    pool.release(client, lost || confused || client.getTransactionStatus() !== 'I')
    const counted = isTransient(error) || (!committing && lost)
    const again = confused ? 'fresh connection' : counted ? 'counted' : 'no'
    return { done: false, error: translated, again }
  }
}

/** Bounds of its own are set together with BEGIN. Those of a transaction as a whole are unknown before Postgres 17. */
function beginOf({ isolation, idleMs }: TransactionOptions): string {
  const begin = isolation ? `begin isolation level ${isolation}` : 'begin'
  if (idleMs === undefined) return begin
  return `${begin}; set local idle_in_transaction_session_timeout = ${Math.round(idleMs)};
    select set_config('transaction_timeout', '0', true)
    where current_setting('server_version_num')::int >= 170000`
}

/**
 * Sends statements of one transaction. BEGIN waits for the first one; when that one only reads, both leave together,
 * which saves a round trip. A statement that writes waits for the answer to BEGIN: if BEGIN failed (a late
 * cancellation can hit it), the statement would be committed by itself.
 */
function sender(client: PoolClient, begin: string) {
  let begun: Promise<unknown> | undefined
  let held = false
  let over = false

  return {
    async statement(text: string, send: () => Promise<QueryResult>): Promise<QueryResult> {
      if (over) throw failure('internal', 'The transaction is over; a statement came too late.')
      begun ??= client.query(begin)
      if (held || !/^\s*select\b/i.test(text)) {
        held = true
        await begun
        return send()
      }
      const [, result] = await Promise.all([begun, send()])
      return result
    },
    async end(how: 'commit' | 'rollback'): Promise<void> {
      over = true
      if (!begun) return
      const { command } = await client.query(how)
      // Postgres answers COMMIT of a failed transaction with ROLLBACK and no error.
      if (how === 'commit' && command !== 'COMMIT') {
        throw failure('internal', 'Nothing was committed: a statement failed and its error was swallowed.')
      }
    },
  }
}
