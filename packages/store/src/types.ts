import type { Kysely, Transaction } from 'kysely'
import type { Logger } from 'pino'

export type StoreOptions = {
  /** `postgres://…` of this service's own database. */
  readonly url: string
  readonly log: Logger
  /** Shown in `pg_stat_activity`. */
  readonly name: string
  /** Connections for transactions and writes. Default 10. */
  readonly poolSize?: number
  /** Connections that pipeline reads. Default 3. */
  readonly readConnections?: number
  /** Milliseconds after which a statement is given up with `unavailable`. Default 30,000. */
  readonly statementTimeoutMs?: number
  /**
   * Milliseconds that a transaction may wait for its next statement before Postgres ends it, with its connection: what
   * stopped in the middle of one keeps others waiting no longer than that. 0: no bound. Default 10,000.
   */
  readonly idleTransactionMs?: number
  /** Milliseconds that a transaction may take as a whole, from Postgres 17 on. 0: no bound. Default 120,000. */
  readonly transactionMs?: number
  /**
   * Milliseconds a call waits for a connection while Postgres is away, before it fails with `unavailable`. Default
   * 2,000: a restart of Postgres is bridged, a longer outage is told to callers soon.
   */
  readonly patienceMs?: number
}

/**
 * SQL with a stable name, so that Postgres plans it once a connection. `$1`, `$2`, … are its parameters. A name stands
 * for one text only and has at most 63 bytes. Names starting with `platform.` belong to this package. The empty name is for
 * texts that are put together anew each time: they are planned for each call.
 */
export type Statement = { readonly name: string; readonly text: string }

/** A statement that is built once, and the type of what it takes and of the rows that it gives. */
export type Prepared<Given, Row> = {
  readonly statement: Statement
  /** The values in the order of the statement's parameters; what is not given is null. */
  values(given: Given): unknown[]
  /** Never there: carries the type of a row. */
  readonly row?: Row
}

/** Runs a statement and returns its rows: a prepared one, with the values of its parameters by name, or a text. */
export type Run = {
  <Given, Row>(prepared: Prepared<Given, Row>, ...given: unknown extends Given ? [] : [given: Given]): Promise<Row[]>
  <Row>(statement: Statement, values?: readonly unknown[]): Promise<Row[]>
}

/** A query runner: the store itself, or a transaction. */
export type Queryable = {
  /** On the store: the same as `write`. */
  readonly query: Run
}

/** What knows the tables of a service; without them there is nothing, and the store of any service will do. */
type Knowing<Database, Db> = unknown extends Database ? unknown : Db

export type Tx<Database = unknown> = Queryable & {
  readonly db: Knowing<Database, Transaction<Database>>
  /** Runs `task` once this transaction is committed, e.g. to wake a worker; never after a rollback. It must not throw. */
  afterCommit(task: () => void): void
  /**
   * Says that this transaction wrote events in a way that the store does not see (through `db` or a SQL function).
   * Statements run by `query` that hold `insert into platform.outbox` are noticed without it.
   */
  wroteEvents(): void
}

export type TransactionOptions = {
  /** Default `read committed`. */
  readonly isolation?: 'read committed' | 'repeatable read' | 'serializable'
  /** How often `work` may run at most. Default 3; 1 where it has effects that may not repeat, e.g. a stream to a client. */
  readonly attempts?: number
  /**
   * Milliseconds that the transaction may wait between two statements, for one that waits for something else than the
   * database, e.g. for a client that takes its rows. It has no bound as a whole then. Default: those of the store.
   */
  readonly idleMs?: number
  /** For whom it goes on row by row. Such transactions share some connections, so that the others are left for writes. */
  readonly reader?: Reader
}

/** Somebody who takes rows out of a transaction at a pace of their own. */
export type Reader = {
  /** Milliseconds that the transaction has waited for the reader in all; 0 while it does not wait. */
  idleMs(): number
  /** Ends the transaction, because others wait for its place. */
  sendAway(): void
}

export type HeldLock = {
  /** Resolves when the lock is gone. */
  readonly lost: Promise<void>
  release(): Promise<void>
}

export type StoreStats = {
  /** Connections of the pool: open, open but unused, and callers waiting for one. */
  readonly pool: { readonly total: number; readonly idle: number; readonly waiting: number }
  /** Pipelined connections that are up, and reads on their way. */
  readonly readers: { readonly connected: number; readonly inFlight: number }
}

export type Store<Database = unknown> = AsyncDisposable &
  Queryable & {
    readonly db: Knowing<Database, Kysely<Database>>
    /**
     * A read outside transactions, on pipelined connections: idempotent, and never a statement that may wait for a lock,
     * because the reads behind it would wait, too.
     */
    readonly read: Run
    /**
     * One statement that writes, on a connection of the pool; it is its own transaction. Deadlocks and serialisation
     * failures are tried again. After `unavailable` it may still have been done: what must not be done twice remembers
     * its command.
     */
    readonly write: Run
    /**
     * Runs `work` in a transaction; serialisation failures, deadlocks and connections lost before the commit was sent
     * are tried again, so `work` must have no effects outside the transaction that may not repeat.
     */
    transaction<Result>(work: (tx: Tx<Database>) => Promise<Result>, options?: TransactionOptions): Promise<Result>
    /**
     * Takes a lock over all processes that use this database, on a connection of its own; undefined if another one has
     * it. It lasts until it is released, its connection ends, or its process shows no sign of life for as long as a
     * transaction may be idle.
     */
    lock(name: string): Promise<HeldLock | undefined>
    /** Throws `unavailable` unless the database answers, takes writes and has room for them. */
    ping(): Promise<void>
    stats(): StoreStats
    /** Called after each commit that wrote events, in this process: wakes the relay. */
    readonly outboxChanged: { emit(): void; subscribe(listener: () => void): () => void }
    /** Waits for what is running, then closes every connection. Later calls fail with `unavailable`. */
    close(): Promise<void>
  }

/** An event as a change of state writes it, in the transaction of the change. The relay makes the envelope. */
export type NewEvent = {
  readonly noun: string
  readonly verb: string
  readonly aggregate: string
  /** Of the aggregate, from 1, without gaps. */
  readonly sequence: number
  readonly actor: string
  readonly traceparent?: string | undefined
  readonly data: unknown
}
