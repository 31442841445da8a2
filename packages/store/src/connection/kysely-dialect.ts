import { failure } from '@slipway/contracts'
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
  Transaction,
} from 'kysely'
import type { QueryResult as PgResult, PoolClient } from 'pg'
import { encodeParameters } from '../sql/encode-parameters.ts'
import type { WritePool } from './write-pool.ts'

/** Sends one query of kysely; how (and inside what) is the caller's business. */
export type SendQuery = (text: string, values: (string | Buffer | null)[]) => Promise<PgResult>

export type KyselyOverPool = {
  readonly db: Kysely<unknown>
  /** A kysely transaction over a connection on which somebody else begins and commits. */
  transactionOver(send: SendQuery): Transaction<unknown>
}

/** kysely on the store's own pool, so that parameters, result types and errors are the same on every way in. */
export function kyselyOver(pool: WritePool): KyselyOverPool {
  const driver = poolDriver(pool)
  const dialect: Dialect = {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => driver,
    createIntrospector: db => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  }
  const config = { dialect }
  const db = new Kysely<unknown>(config)
  return {
    db,
    transactionOver(send) {
      const connection = connectionOver(send)
      const executor = db.getExecutor().withConnectionProvider({ provideConnection: consumer => consumer(connection) })
      return new Transaction<unknown>({ config, dialect, driver, executor })
    },
  }
}

type PoolConnection = DatabaseConnection & { readonly client: PoolClient }

function poolDriver(pool: WritePool): Driver {
  return {
    async init() {},
    async acquireConnection(): Promise<PoolConnection> {
      const client = await pool.acquire()
      const connection = connectionOver(async (text, values) => {
        try {
          return await client.query(text, values)
        } catch (error) {
          throw pool.translate(client, error)
        }
      })
      return { client, ...connection }
    },
    async releaseConnection(connection) {
      const { client } = connection as PoolConnection
      pool.release(client, pool.isLost(client))
    },
    beginTransaction: refuseTransaction,
    commitTransaction: refuseTransaction,
    rollbackTransaction: refuseTransaction,
    // The store owns the pool and closes it.
    async destroy() {},
  }
}

/** There is one way, which tries again, tells of events and notices a commit that was none. */
async function refuseTransaction(): Promise<never> {
  throw failure('internal', 'Transactions are opened by store.transaction, not by kysely.')
}

function connectionOver(send: SendQuery): DatabaseConnection {
  return {
    async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
      const { command, rowCount, rows } = await send(query.sql, encodeParameters(query.parameters))
      const changes = command === 'INSERT' || command === 'UPDATE' || command === 'DELETE' || command === 'MERGE'
      return { rows: rows as Row[], ...(changes && { numAffectedRows: BigInt(rowCount ?? 0) }) }
    },
    streamQuery() {
      throw failure('internal', 'Rows are streamed by streamRows of this package, not by kysely.')
    },
  }
}
