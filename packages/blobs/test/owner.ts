import { createDatabase } from '@slipway/testing'
import pg from 'pg'
import { blobMigrations } from '../src/postgres-blobs.ts'
import type { BlobDatabase, Queryable } from '../src/types.ts'
import type { Owner } from './acceptance.ts'

export type OwnerDatabase = BlobDatabase & Owner & { readonly pool: pg.Pool } & AsyncDisposable

/** A database with the tables of blobs, and nothing of the platform around it. */
export async function openOwner(): Promise<OwnerDatabase> {
  const database = await createDatabase({ migrations: [blobMigrations] })
  const pool = new pg.Pool({ connectionString: database.url })
  const runOver = (client: pg.Pool | pg.PoolClient): Queryable['query'] => {
    return async <Row>(statement: { text: string }, values: readonly unknown[] = []) =>
      (await client.query(statement.text, [...values])).rows as Row[]
  }
  return {
    pool,
    read: runOver(pool),
    write: runOver(pool),
    async transaction(work) {
      const client = await pool.connect()
      try {
        await client.query('begin')
        const result = await work({ query: runOver(client) })
        await client.query('commit')
        return result
      } catch (error) {
        await client.query('rollback')
        throw error
      } finally {
        client.release()
      }
    },
    async [Symbol.asyncDispose]() {
      await pool.end()
      await database[Symbol.asyncDispose]()
    },
  }
}
