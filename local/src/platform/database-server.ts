import { failure } from '@slipway/contracts'
import pg from 'pg'

const duplicateDatabase = '42P04'

/** A given PostgreSQL server seen as the place of the services' databases. */
export type DatabaseServer = {
  databaseUrl(name: string): string
  /** Makes the database if there is none of that name. */
  ensureDatabase(name: string): Promise<unknown>
}

/**
 * Uses a running server. `url` names any database there that its user may connect to; the user must be allowed to create
 * databases unless they exist. Fails with `unavailable` in one line.
 */
export function givenDatabaseServer(url: string): DatabaseServer {
  const databaseUrl = (name: string): string => {
    const own = new URL(url)
    own.pathname = `/${encodeURIComponent(name)}`
    return own.href
  }
  return {
    databaseUrl,
    async ensureDatabase(name) {
      const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
      // A server that goes away while we are connected reports it here; unheard, it would end the process.
      client.on('error', () => {})
      try {
        await client.connect()
        const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name])
        if (rowCount === 0) await client.query(`create database ${client.escapeIdentifier(name)}`)
      } catch (error) {
        if ((error as { code?: string }).code === duplicateDatabase) return
        const { host } = new URL(url)
        throw failure('unavailable', `DATABASE_URL: ${host}: database ${name}: ${reason(error)}`, { cause: error })
      } finally {
        await client.end().catch(() => {})
      }
    },
  }
}

function reason(error: unknown): string {
  // A refused connection to a name with several addresses is an AggregateError with an empty message.
  if (error instanceof AggregateError) return error.errors.map(inner => reason(inner)).join(', ')
  return error instanceof Error ? error.message : String(error)
}
