import { newId } from '@slipway/contracts'
import type { Parameters, Queryable, Store } from '@slipway/store'
import { type Kysely, sql } from 'kysely'
import type { Database } from '../database.ts'
import type { Read } from '../source/source.store.ts'
import { clockNow, fromNow, isoMs, msUntil, nowMs, prepare, type RowOf } from '../sql.ts'
import { attempts, type ExportStatus, retryMs } from './export.ts'

type AskedBy = ExportStatus['askedBy']

export type ExportRow = ExportStatus & {
  readonly version: number
  readonly blob: string | null
  readonly fileName: string | null
  readonly createdOn: string | null
}

type Key = { readonly version: number }
type Held = Key & { readonly lease: string }

const selected = (db: Kysely<Database>, p: Parameters<Key>) =>
  db
    .selectFrom('export')
    .select(({ ref }) => [
      ...(['version', 'state', 'blob', 'file_name as fileName'] as const),
      ref('asked_by').$castTo<AskedBy>().as('askedBy'),
      isoMs(ref('created_on')).as('createdOn'),
      sql<string | null>`extract(epoch from clock_timestamp() - ${ref('failed_at')}) * 1000`.as('failedText'),
    ])
    .where('version', '=', p.version)
const find = prepare<Key>()('export.find', selected)
/** Makes sure of the row, so that there is something to lock. */
const ensure = prepare<Key>()('export.ensure', (db, p) =>
  db
    .insertInto('export')
    .values({ version: p.version, state: 'absent' })
    .onConflict(oc => oc.doNothing()),
)
const locked = prepare<Key>()('export.locked', (db, p) => selected(db, p).forUpdate())

const noLease = { lease: null, lease_until: null }
const noFile = { blob: null, file_name: null, created_on: null }

const queue = prepare<Key & { asked_by: AskedBy; task: string }>()('export.queue', (db, p) =>
  db
    .updateTable('export')
    .set({ state: 'queued', asked_by: p.asked_by, attempt: 0, deaths: 0, due_at: clockNow, ...noLease })
    .set({ failed_at: null, error: null, ...noFile, task: p.task, seq: 1 })
    .where('version', '=', p.version)
    .returning('seq'),
)
const task = prepare<Key>()('export.task', (db, p) =>
  db.selectFrom('export').select('task').where('version', '=', p.version),
)
const adopt = prepare<Key>()('export.adopt', (db, p) =>
  db.updateTable('export').set({ asked_by: 'command' }).where('version', '=', p.version),
)
const clear = prepare<Key>()('export.clear', (db, p) =>
  db
    .updateTable('export')
    .set(eb => ({ state: 'absent', ...noLease, ...noFile, seq: eb('seq', '+', 1) }))
    .where('version', '=', p.version)
    .returning('seq'),
)
/** Queued jobs that are due, and running ones whose worker is silent: that is no other attempt, but a death. */
const take = prepare<{ limit: number; seconds: number }>()('export.take', (db, p) =>
  db
    .updateTable('export as e')
    .from(
      db
        .selectFrom('export')
        .select('version')
        .where('state', 'in', ['queued', 'running'])
        .where('due_at', '<=', clockNow)
        .orderBy('due_at')
        .limit(p.limit)
        .forUpdate()
        .skipLocked()
        .as('due'),
    )
    .set(({ ref }) => ({
      state: 'running',
      attempt: sql<number>`${ref('e.attempt')} + (${ref('e.lease')} is null)::integer`,
      deaths: sql<number>`${ref('e.deaths')} + (${ref('e.lease')} is not null)::integer`,
      lease: sql<string>`gen_random_uuid()`,
      due_at: fromNow(p.seconds, 'second'),
      lease_until: fromNow(p.seconds, 'second'),
    }))
    .whereRef('e.version', '=', 'due.version')
    .returning(({ ref }) => [
      ...(['e.version', 'e.attempt', 'e.deaths'] as const),
      // Just given.
      ref('e.lease').$notNull().as('lease'),
    ]),
)

/** A job that its worker holds. */
const held = (db: Kysely<Database>, p: Parameters<Held>) =>
  db.updateTable('export').where('version', '=', p.version).where('lease', '=', p.lease).where('state', '=', 'running')
/** The same, given back to be tried again. */
const requeued = (db: Kysely<Database>, p: Parameters<Held>) =>
  held(db, p)
    .set({ state: 'queued', deaths: 0, ...noLease })
    .returning('version')

const begin = prepare<Held>()('export.begin', (db, p) =>
  held(db, p)
    .set(eb => ({ seq: eb('seq', '+', 1) }))
    .returning('seq'),
)
const keep = prepare<Held & { seconds: number }>()('export.keep', (db, p) =>
  held(db, p)
    .set({ due_at: fromNow(p.seconds, 'second'), lease_until: fromNow(p.seconds, 'second') })
    .returning('version'),
)
const finish = prepare<Held & { blob: string; file_name: string }>()('export.finish', (db, p) =>
  held(db, p)
    .set(eb => ({ state: 'ready', ...noLease, error: null, failed_at: null, seq: eb('seq', '+', 1) }))
    .set({ blob: p.blob, file_name: p.file_name, created_on: nowMs })
    .returning('seq'),
)
const retry = prepare<Held & { ms: number | undefined }>()('export.retry', (db, p) =>
  requeued(db, p).set({ due_at: fromNow(p.ms, 'millisecond') }),
)
/** The try does not count: it was not the job that failed. */
const release = prepare<Held>()('export.release', (db, p) =>
  requeued(db, p).set(eb => ({ attempt: eb('attempt', '-', 1), due_at: clockNow })),
)
/** However often it happens, it counts as one try at most. */
const postpone = prepare<Held & { ms: number; reason: string }>()('export.postpone', (db, p) =>
  requeued(db, p).set(eb => ({
    attempt: eb.fn<number>('greatest', [sql.lit(1), eb('attempt', '-', 1)]),
    error: p.reason,
    due_at: fromNow(p.ms, 'millisecond'),
  })),
)
const fail = prepare<Held & { error: string }>()('export.fail', (db, p) =>
  held(db, p)
    .set(eb => ({ state: 'absent', ...noLease, error: p.error, failed_at: clockNow, seq: eb('seq', '+', 1) }))
    .returning('seq'),
)
const nextDue = prepare()('export.next-due', db =>
  db
    .selectFrom('export')
    .select(({ fn }) => msUntil(fn.min('due_at')).as('ms'))
    .where('state', 'in', ['queued', 'running']),
)
const absent = (version: number): ExportRow => ({
  version,
  state: 'absent',
  askedBy: 'command',
  failedMs: null,
  blob: null,
  fileName: null,
  createdOn: null,
})

const rowOf = ({ failedText, ...row }: RowOf<typeof find>): ExportRow => ({
  ...row,
  failedMs: failedText === null ? null : Number(failedText),
})

export async function findExport(read: Read, version: number): Promise<ExportRow> {
  const [row] = await read(find, { version })
  return row ? rowOf(row) : absent(version)
}

/** The export of a version, locked until the end of the transaction: whoever decides about it decides alone. */
export async function lockExport(tx: Queryable, version: number): Promise<ExportRow> {
  await tx.query(ensure, { version })
  const [row] = await tx.query(locked, { version })
  return row ? rowOf(row) : absent(version)
}

export async function queueExport(tx: Queryable, version: number, askedBy: AskedBy): Promise<number> {
  await tx.query(ensure, { version })
  const [row] = await tx.query(queue, { version, asked_by: askedBy, task: newId('EX') })
  return row?.seq ?? 1
}

/** Id of the job that made or makes the export of a version, as the platform's list of tasks has it. */
export async function exportTask(read: Read, version: number): Promise<string> {
  const [row] = await read(task, { version })
  return row?.task ?? ''
}

/** The sequence number of the event that says that a job has begun; undefined when it is another worker's. */
export async function beginExport(tx: Queryable, { version, lease }: ExportJob): Promise<number | undefined> {
  const [row] = await tx.query(begin, { version, lease })
  return row?.seq
}

export async function adoptExport(tx: Queryable, version: number): Promise<void> {
  await tx.query(adopt, { version })
}

export async function clearExport(tx: Queryable, version: number): Promise<number> {
  const [row] = await tx.query(clear, { version })
  return row?.seq ?? 1
}

export type ExportJob = {
  readonly version: number
  readonly lease: string
  readonly attempt: number
  /** Processes in a row that died while they made it. */
  readonly deaths: number
}

export function takeExports(store: Store, limit: number, leaseSeconds: number): Promise<ExportJob[]> {
  return store.write(take, { limit, seconds: leaseSeconds })
}

/** False when the job is somebody else's by now, or was given up. */
export async function keepExport(store: Store, { version, lease }: ExportJob, leaseSeconds: number) {
  return (await store.write(keep, { version, lease, seconds: leaseSeconds })).length > 0
}

/** The sequence number of the event; undefined when the job is not this worker's any more. */
export async function finishExport(tx: Queryable, { version, lease }: ExportJob, blob: string, fileName: string) {
  const [row] = await tx.query(finish, { version, lease, blob, file_name: fileName })
  return row?.seq
}

/** Queues the job again after a pause, or gives it up; the sequence number of the event of the latter. */
export async function failExport(
  tx: Queryable,
  { version, lease, attempt }: ExportJob,
  error: string,
): Promise<number | undefined> {
  if (attempt < attempts) {
    await tx.query(retry, { version, lease, ms: retryMs[attempt - 1] ?? retryMs[1] })
    return undefined
  }
  const [row] = await tx.query(fail, { version, lease, error })
  return row?.seq
}

/** Leaves a job to other replicas at once. */
export async function releaseExport(store: Store, { version, lease }: ExportJob): Promise<void> {
  await store.write(release, { version, lease })
}

/** Tries a job again later whose failure was no fault of its own; until then it says what it waits for. */
export async function postponeExport(
  store: Store,
  { version, lease }: ExportJob,
  delayMs: number,
  reason: string,
): Promise<void> {
  await store.write(postpone, { version, lease, ms: delayMs, reason })
}

export async function nextExportMs(store: Store): Promise<number | null> {
  const [row] = await store.read(nextDue)
  return row?.ms ?? null
}
