import type { ClientConfig } from 'pg'
import { typeParsers } from './type-parsers.ts'

/** What a connection may keep others waiting for, in milliseconds; 0: no bound. */
export type ConnectionBounds = {
  /** Of one statement. */
  readonly statementMs: number
  /** Of the pause between two statements of a transaction: the process may have stopped while it holds locks. */
  readonly idleInTransactionMs?: number
  /** Of the pause between two statements outside transactions; for connections whose session holds a lock. */
  readonly idleMs?: number
}

/** Milliseconds to make one connection. */
const connectTimeoutMs = 5_000
/** Milliseconds after the statement timeout in which Postgres would have said so. */
const graceMs = 2_000

/**
 * How Postgres finds out that a client is gone: one that ended while its statement waits for a lock, after 2 seconds;
 * one whose host is silent, after 25; one that takes no more of an answer, after 60.
 */
const watchfulness = {
  client_connection_check_interval: 2_000,
  tcp_keepalives_idle: 10,
  tcp_keepalives_interval: 5,
  tcp_keepalives_count: 3,
  tcp_user_timeout: 60_000,
}

/** What every connection of this package has in common. Parameters in the URL win over these. */
export function clientConfig(url: string, name: string, bounds: ConnectionBounds): ClientConfig {
  const { statementMs, idleInTransactionMs = 0, idleMs = 0 } = bounds
  const settings = {
    // The time zone is what `typeParsers` counts on; compiling takes longer than any statement here runs.
    timezone: 'UTC',
    jit: 'off',
    statement_timeout: statementMs,
    idle_in_transaction_session_timeout: idleInTransactionMs,
    idle_session_timeout: idleMs,
    ...watchfulness,
  }
  return {
    connectionString: url,
    application_name: name,
    // They come with the start of the connection, so that none of them costs a round trip.
    options: Object.entries(settings)
      .map(([setting, value]) => `-c ${setting}=${value}`)
      .join(' '),
    // For answers that never come, because the server died without a word: nobody waits for ever.
    ...(statementMs > 0 && { query_timeout: statementMs + graceMs }),
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types: typeParsers,
  }
}
