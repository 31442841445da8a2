import { type Expression, type InsertQueryBuilder, type InsertResult, type QueryCreator, sql } from 'kysely'
import { isUniqueViolation } from '../connection/database-error.ts'
import type { PlatformTables } from '../sql/platform-tables.ts'
import type { Parameters } from '../sql/prepare.ts'
import type { Queryable, Statement, Store } from '../types.ts'

/** A write that was done, and the answer that it got. */
export type RememberedCommand = {
  /** As the caller chose it; services put the caller in front, so that nobody finds another's command. */
  readonly id: string
  /** Tells the same request from another one under the same id, e.g. a hash of operation and input. */
  readonly fingerprint: string
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/**
 * The columns of `platform.command`, in the order in which statements of this platform name them. In a statement that
 * makes its change, writes its event and remembers the command, nothing is remembered when nothing was changed:
 *
 * ```sql
 * with changed as (update … returning id, …), event as (insert into platform.outbox (…) select … from changed),
 * command as (
 *   insert into platform.command (id, fingerprint, status, headers, body)
 *   select $4, $5, 200, '{}', json_build_object('id', id)::text from changed
 * )
 * select … from changed
 * ```
 */
export const commandColumns = 'id, fingerprint, status, headers, body'

const rememberStatement: Statement = {
  name: 'platform.command-remember',
  text: `insert into platform.command (${commandColumns}) values ($1, $2, $3, $4, $5)`,
}
const find: Statement = {
  name: 'platform.command-find',
  text: `select ${commandColumns} from platform.command where id = $1`,
}

/**
 * Remembers a command in the transaction that does it. When the same command runs twice at a time, the second one waits
 * here and fails as soon as the first is committed: see `isRememberedCommand`. Then `findCommand` has the answer.
 */
export async function rememberCommand(tx: Queryable, command: RememberedCommand): Promise<void> {
  const { id, fingerprint, status, headers, body } = command
  await tx.query(rememberStatement, [id, fingerprint, status, headers, body])
}

/** The parameters of a statement that remembers its command; no command, where there is none. */
export type CommandParameters = {
  readonly command?: string | undefined
  readonly fingerprint?: string | undefined
}

/**
 * Remembers the command in the statement that does it, for each row of `answers`, which holds the `body` of its answer:
 * nothing is remembered where nothing was changed.
 */
export function remember<Tables extends PlatformTables>(
  db: QueryCreator<Tables>,
  { command, fingerprint }: Parameters<CommandParameters>,
  status: number,
  answers: Expression<{ readonly body: string }>,
): InsertQueryBuilder<PlatformTables, 'platform.command', InsertResult> {
  const answered = sql<{ readonly body: string }>`${answers}`.as<'answered'>(sql.id('answered'))
  return (db as unknown as QueryCreator<PlatformTables>)
    .insertInto('platform.command')
    .columns(['id', 'fingerprint', 'status', 'body'])
    .expression(query =>
      query
        .selectFrom(answered)
        .select([
          sql<string>`${command}::text`.as('id'),
          sql<string>`${fingerprint}::text`.as('fingerprint'),
          sql.lit(status).as('status'),
          'answered.body',
        ])
        .where(sql`${command}::text`, 'is not', null),
    )
}

/** The command of this id, or null; 24 hours after it was done it is forgotten (`purgeOld`). */
export async function findCommand(store: Pick<Store, 'read'>, id: string): Promise<RememberedCommand | null> {
  const [command] = await store.read<RememberedCommand>(find, [id])
  return command ?? null
}

/** True for the error of a transaction or statement whose command was done before, or meanwhile by another one. */
export function isRememberedCommand(error: unknown): boolean {
  return isUniqueViolation(error, 'platform_command_pkey')
}
