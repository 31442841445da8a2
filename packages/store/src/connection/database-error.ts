import { failure, isFailure } from '@slipway/contracts'
import type { DatabaseError } from 'pg'

/** The SQLSTATE of an error that Postgres sent; undefined for every other error. */
export function sqlState(error: unknown): string | undefined {
  return isDatabaseError(error) ? error.code : undefined
}

/** True for a violated unique constraint or primary key; with `constraint`, for that one only. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  return violates(error, '23505', constraint)
}

/** True for a violated foreign key; with `constraint`, for that one only. */
export function isForeignKeyViolation(error: unknown, constraint?: string): boolean {
  return violates(error, '23503', constraint)
}

/** True where the same transaction may succeed when it is run again: serialisation failure, deadlock. */
export function isTransient(error: unknown): boolean {
  const code = sqlState(error)
  return code === '40001' || code === '40P01'
}

/**
 * True for errors that mean "no usable connection": the network's, and those by which Postgres refuses or ends one.
 * `pg` itself reports a lost connection as an error without any code; whoever owns the connection knows that it is
 * gone and says so to `translateError`.
 */
export function isConnectionFailure(error: unknown): boolean {
  const code = sqlState(error)
  if (code !== undefined) return code.startsWith('08') || connectionStates.has(code)
  return error instanceof Error && 'syscall' in error
}

/**
 * True where a connection's memory of a prepared statement and the server's differ. `stale`: a migration changed the
 * result of a statement that an older connection had planned. `unknown`: the statement whose parsing was to prepare it
 * for those pipelined behind it failed.
 */
export function statementConfusion(error: unknown): 'stale' | 'unknown' | undefined {
  if (!isDatabaseError(error)) return undefined
  if (error.code === '0A000' && error.routine === 'RevalidateCachedQuery') return 'stale'
  return error.code === '26000' || error.code === '42P05' ? 'unknown' : undefined
}

/**
 * Puts what is no fault of the statement into the catalogue, as `unavailable`: a database that cannot be reached, takes
 * no writes, has no room or no time; as `invalid`, what it refuses as no value of its type. Leaves every other error as
 * it is. `lost`: the connection is known to be gone. Without that, an error of the network is not taken for the
 * database's: in a transaction it may come from anything the caller talked to.
 */
export function translateError(error: unknown, lost: boolean): unknown {
  if (isFailure(error)) return error
  const code = sqlState(error)
  if (code !== undefined && unfitValues.has(code)) {
    return failure('invalid', 'A value is not one that can be stored or looked for.', { cause: error })
  }
  const trouble = code === undefined ? lost && unreachable : troubleOf(code, statementConfusion(error) !== undefined)
  if (!trouble) return error
  return failure('unavailable', trouble.message, { cause: error, retryAfter: trouble.retryAfter })
}

/** The error of an attempt to connect, which is never the fault of whoever waits for the connection. */
export function connectFailure(error: unknown): unknown {
  const translated = translateError(error, true)
  if (isFailure(translated)) return translated
  return failure('unavailable', refusing.message, { cause: error, retryAfter: refusing.retryAfter })
}

type Trouble = {
  readonly message: string
  /** Seconds after which a retry makes sense. */
  readonly retryAfter: number
}

const unreachable: Trouble = { message: 'The database cannot be reached.', retryAfter: 1 }
const refusing: Trouble = { message: 'The database refuses the connection.', retryAfter: 5 }
const crowded: Trouble = { message: 'Too many changes met in the database.', retryAfter: 1 }

/** By SQLSTATE, or by its class: the first two characters. */
const troubles: ReadonlyMap<string, Trouble> = new Map([
  ['08', unreachable],
  // Read only: a standby, a server that was told so, a role or database whose default it is.
  ['25006', { message: 'The database is read-only at the moment.', retryAfter: 5 }],
  // Idle in a transaction for too long; the transaction as a whole took too long.
  ['25P03', unreachable],
  ['25P04', unreachable],
  ['28', refusing],
  ['3D000', refusing],
  ['40001', crowded],
  ['40003', unreachable],
  ['40P01', crowded],
  ['53', { message: 'The database is short of resources.', retryAfter: 5 }],
  ['53100', { message: 'The database has no space left.', retryAfter: 10 }],
  ['53300', { message: 'The database takes no more connections.', retryAfter: 1 }],
  ['55P03', { message: 'Another change keeps what this one needs.', retryAfter: 1 }],
  ['57', unreachable],
  ['57014', { message: 'The database took too long.', retryAfter: 1 }],
  // Input and output: its disk, its files.
  ['58', { message: 'The database has trouble with its disk.', retryAfter: 10 }],
])

function troubleOf(code: string, confused: boolean): Trouble | undefined {
  return confused ? unreachable : (troubles.get(code) ?? troubles.get(code.slice(0, 2)))
}

/**
 * What Postgres says of a value that is none of its type: no text, no JSON, out of range, no date, no date within the
 * calendar, no text of the type. Input is checked before it gets here; this is for what the checks do not know.
 */
const unfitValues = new Set(['22021', '22P05', '22003', '22007', '22008', '22P02'])

/** Too many connections; shutdown, crash, start-up, dropped database, idle session; idle transaction, long transaction. */
const connectionStates = new Set(['53300', '57P01', '57P02', '57P03', '57P04', '57P05', '25P03', '25P04'])

function violates(error: unknown, code: string, constraint: string | undefined): boolean {
  return sqlState(error) === code && (constraint === undefined || (error as DatabaseError).constraint === constraint)
}

/** Network errors have a `code`, too (`EPIPE`); only the server's have a severity. */
function isDatabaseError(error: unknown): error is DatabaseError {
  return error instanceof Error && 'code' in error && 'severity' in error
}
