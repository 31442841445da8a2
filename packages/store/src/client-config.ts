import type { ClientConfig } from 'pg'
import { typeParsers } from './type-parsers.ts'

/** Milliseconds to make one connection. */
const connectTimeoutMs = 5_000
/** Milliseconds after the statement timeout in which Postgres would have said so. */
const graceMs = 2_000

/** What every connection of this package has in common. Parameters in the URL win over these. */
export function clientConfig(url: string, name: string, statementTimeoutMs: number): ClientConfig {
  return {
    connectionString: url,
    application_name: name,
    // Compiling takes longer than any statement here runs; the time zone is what `typeParsers` counts on.
    options: '-c timezone=UTC -c jit=off',
    statement_timeout: statementTimeoutMs,
    // For answers that never come, because the server died without a word: nobody waits for ever.
    query_timeout: statementTimeoutMs + graceMs,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types: typeParsers,
  }
}
