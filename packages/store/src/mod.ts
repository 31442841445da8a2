export { type Backoff, jitteredBackoff } from './backoff.ts'
export { clockOffsetMs, now, readClock } from './connection/clock.ts'
export { isForeignKeyViolation, isUniqueViolation, sqlState } from './connection/database-error.ts'
export { headed } from './connection/headed.ts'
export { inBackground } from './connection/in-background.ts'
export { openStore } from './connection/open-store.ts'
export { type Query, queryOf, type SnapshotPart, snapshotParts, snapshotRows } from './connection/snapshot-rows.ts'
export { streamRows } from './connection/stream-rows.ts'
export {
  type CommandParameters,
  commandColumns,
  findCommand,
  isRememberedCommand,
  type RememberedCommand,
  remember,
  rememberCommand,
} from './inbox/commands.ts'
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
} from './inbox/dead-letters.ts'
export { once, onceEach } from './inbox/inbox.ts'
export { keepLease } from './leases/keep-lease.ts'
export { type ExclusiveOptions, runExclusively } from './leases/run-exclusively.ts'
export { type Run, startWorker, type Worker, type WorkerOptions } from './leases/worker.ts'
export { appendEvents, outboxColumns } from './outbox/append-events.ts'
export { type EventRow, emit } from './outbox/emit.ts'
export { recordedEvents } from './outbox/recorded-events.ts'
export { type Relay, type RelayOptions, startRelay } from './outbox/relay.ts'
export type { Publish } from './outbox/relay-batch.ts'
export { type RepublishFilter, republish } from './outbox/republish.ts'
export { resendLost, type StreamMark } from './outbox/resend-lost.ts'
export { type Purged, purgeCommands, purgeInbox, purgeOld, purgeOutbox, type Retention } from './purge.ts'
export { type DumpOptions, dumpSchema } from './schema/dump-schema.ts'
export { type MigrateOptions, migrate } from './schema/migrate.ts'
export { type Migrations, platformMigrations } from './schema/migration-files.ts'
export { byShape } from './sql/by-shape.ts'
export { listJson, rowJson } from './sql/json.ts'
export { type NamedStatement, namedStatement, valuesOf } from './sql/named-statement.ts'
export type { PlatformTables } from './sql/platform-tables.ts'
export { type ChangeOf, type Parameters, parameter, parametersOf, preparer } from './sql/prepare.ts'
export { recordset } from './sql/recordset.ts'
export {
  type ClonedDatabase,
  type CloneOptions,
  cloneDatabase,
  createTemplate,
  urlOfDatabase,
} from './testing/clone-database.ts'
export { type SchemaSource, schemaOf, tablesOf } from './testing/schema-of.ts'
export { type EveryOptions, every } from './timers/every.ts'
export { type DueTimer, type NextRun, startTimers, type TimersOptions } from './timers/start-timers.ts'
export { cancelTimer, type NewTimer, setTimer } from './timers/timers.ts'
export * from './types.ts'
