export { appendEvents, outboxColumns } from './append-events.ts'
export { type Backoff, jitteredBackoff } from './backoff.ts'
export { byShape } from './by-shape.ts'
export { clockOffsetMs, now, readClock } from './clock.ts'
export {
  type ClonedDatabase,
  type CloneOptions,
  cloneDatabase,
  createTemplate,
  urlOfDatabase,
} from './clone-database.ts'
export {
  type CommandParameters,
  commandColumns,
  findCommand,
  isRememberedCommand,
  type RememberedCommand,
  remember,
  rememberCommand,
} from './commands.ts'
export { isForeignKeyViolation, isUniqueViolation, sqlState } from './database-error.ts'
export {
  type DeadLetterFilter,
  type DeadLetterState,
  discardDeadLetter,
  listDeadLetters,
  type NewDeadLetter,
  recordDeadLetter,
  replayDeadLetter,
  type StoredDeadLetter,
  showDeadLetter,
} from './dead-letters.ts'
export { type DumpOptions, dumpSchema } from './dump-schema.ts'
export { type EventRow, emit } from './emit.ts'
export { type EveryOptions, every } from './every.ts'
export { headed } from './headed.ts'
export { inBackground } from './in-background.ts'
export { once, onceEach } from './inbox.ts'
export { listJson, rowJson } from './json.ts'
export { type KeptLease, keepLease } from './keep-lease.ts'
export { type MigrateOptions, migrate } from './migrate.ts'
export { type Migrations, platformMigrations } from './migration-files.ts'
export { type NamedStatement, namedStatement, valuesOf } from './named-statement.ts'
export { openStore } from './open-store.ts'
export type { PlatformTables } from './platform-tables.ts'
export { type ChangeOf, type Parameters, parameter, parametersOf, preparer } from './prepare.ts'
export { type Purged, purgeCommands, purgeInbox, purgeOld, purgeOutbox, type Retention } from './purge.ts'
export { recordedEvents } from './recorded-events.ts'
export { recordset } from './recordset.ts'
export { type Relay, type RelayOptions, startRelay } from './relay.ts'
export type { Publish } from './relay-batch.ts'
export { type RepublishFilter, republish } from './republish.ts'
export { resendLost, type StreamMark } from './resend-lost.ts'
export { type ExclusiveOptions, runExclusively } from './run-exclusively.ts'
export { type SchemaSource, schemaOf, tablesOf } from './schema-of.ts'
export { type Query, queryOf, type SnapshotPart, snapshotParts, snapshotRows } from './snapshot-rows.ts'
export { type DueTimer, type NextRun, startTimers, type TimersOptions } from './start-timers.ts'
export { streamRows } from './stream-rows.ts'
export { cancelTimer, type NewTimer, setTimer } from './timers.ts'
export * from './types.ts'
export { type Run, startWorker, type Worker, type WorkerOptions } from './worker.ts'
