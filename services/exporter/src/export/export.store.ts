import { newId } from '@slipway/contracts'
import type { AnyStore, Queryable, Statement } from '@slipway/store'
import type { Read } from '../source/source.store.ts'
import { attempts, type ExportStatus, retryMs } from './export.ts'

export type ExportRow = ExportStatus & {
  readonly version: number
  readonly blob: string | null
  readonly fileName: string | null
  readonly createdOn: string | null
}

const select = `select version, state, asked_by as "askedBy", blob, file_name as "fileName", iso_ms(created_on) as "createdOn",
    extract(epoch from clock_timestamp() - failed_at) * 1000 as "failedText" from export where version = $1`
const find: Statement = { name: 'export.find', text: select }
/** Makes sure of the row, so that there is something to lock. */
const ensure: Statement = {
  name: 'export.ensure',
  text: `insert into export (version, state) values ($1, 'absent') on conflict do nothing`,
}
const locked: Statement = { name: 'export.locked', text: `${select} for update` }
const queue: Statement = {
  name: 'export.queue',
  text: `update export set state = 'queued', asked_by = $2, attempt = 0, deaths = 0, due_at = clock_timestamp(), lease = null,
      lease_until = null, failed_at = null, error = null, blob = null, file_name = null, created_on = null, task = $3,
      seq = 1
    where version = $1 returning seq`,
}
const begin: Statement = {
  name: 'export.begin',
  text: `update export set seq = seq + 1 where version = $1 and lease = $2 and state = 'running' returning seq`,
}
const task: Statement = { name: 'export.task', text: 'select task from export where version = $1' }
const adopt: Statement = { name: 'export.adopt', text: `update export set asked_by = 'command' where version = $1` }
const clear: Statement = {
  name: 'export.clear',
  text: `update export set state = 'absent', lease = null, lease_until = null, blob = null, file_name = null,
      created_on = null, seq = seq + 1 where version = $1 returning seq`,
}
/** Queued jobs that are due, and running ones whose worker is silent: that is no other attempt, but a death. */
const take: Statement = {
  name: 'export.take',
  text: `update export e set state = 'running', attempt = attempt + (lease is null)::integer,
      deaths = deaths + (lease is not null)::integer, lease = gen_random_uuid(),
      due_at = clock_timestamp() + $2 * interval '1 second', lease_until = clock_timestamp() + $2 * interval '1 second'
    from (
      select version from export where state in ('queued', 'running') and due_at <= clock_timestamp()
      order by due_at limit $1 for update skip locked
    ) due
    where e.version = due.version
    returning e.version, e.lease, e.attempt, e.deaths`,
}
const keep: Statement = {
  name: 'export.keep',
  text: `update export set due_at = clock_timestamp() + $3 * interval '1 second',
      lease_until = clock_timestamp() + $3 * interval '1 second'
    where version = $1 and lease = $2 and state = 'running' returning version`,
}
const finish: Statement = {
  name: 'export.finish',
  text: `update export set state = 'ready', lease = null, lease_until = null, error = null, failed_at = null,
      blob = $3, file_name = $4, created_on = now_ms(), seq = seq + 1
    where version = $1 and lease = $2 and state = 'running' returning seq`,
}
const retry: Statement = {
  name: 'export.retry',
  text: `update export set state = 'queued', deaths = 0, lease = null, lease_until = null,
      due_at = clock_timestamp() + $3 * interval '1 millisecond'
    where version = $1 and lease = $2 and state = 'running' returning version`,
}
/** The try does not count: it was not the job that failed. */
const release: Statement = {
  name: 'export.release',
  text: `update export set state = 'queued', attempt = attempt - 1, deaths = 0, lease = null, lease_until = null,
      due_at = clock_timestamp()
    where version = $1 and lease = $2 and state = 'running' returning version`,
}
/** However often it happens, it counts as one try at most. */
const postpone: Statement = {
  name: 'export.postpone',
  text: `update export set state = 'queued', attempt = greatest(1, attempt - 1), deaths = 0, lease = null, lease_until = null,
      error = $4, due_at = clock_timestamp() + $3 * interval '1 millisecond'
    where version = $1 and lease = $2 and state = 'running' returning version`,
}
const fail: Statement = {
  name: 'export.fail',
  text: `update export set state = 'absent', lease = null, lease_until = null, error = $3,
      failed_at = clock_timestamp(), seq = seq + 1
    where version = $1 and lease = $2 and state = 'running' returning seq`,
}
const nextDue: Statement = {
  name: 'export.next-due',
  text: `select (extract(epoch from min(due_at) - clock_timestamp()) * 1000)::float8 as ms
    from export where state in ('queued', 'running')`,
}
const orphans: Statement = {
  name: 'export.orphans',
  text: `delete from orphaned_blob returning name, exists (select from export e where e.blob = name) as "inUse"`,
}

type Selected = Omit<ExportRow, 'failedMs'> & { readonly failedText: string | null }

const absent = (version: number): ExportRow => ({
  version,
  state: 'absent',
  askedBy: 'command',
  failedMs: null,
  blob: null,
  fileName: null,
  createdOn: null,
})

const rowOf = ({ failedText, ...row }: Selected): ExportRow => ({
  ...row,
  failedMs: failedText === null ? null : Number(failedText),
})

export async function findExport(read: Read, version: number): Promise<ExportRow> {
  const [row] = await read<Selected>(find, [version])
  return row ? rowOf(row) : absent(version)
}

/** The export of a version, locked until the end of the transaction: whoever decides about it decides alone. */
export async function lockExport(tx: Queryable, version: number): Promise<ExportRow> {
  await tx.query(ensure, [version])
  const [row] = await tx.query<Selected>(locked, [version])
  return row ? rowOf(row) : absent(version)
}

export async function queueExport(tx: Queryable, version: number, askedBy: 'read' | 'command'): Promise<number> {
  await tx.query(ensure, [version])
  const [row] = await tx.query<{ seq: number }>(queue, [version, askedBy, newId('EX')])
  return row?.seq ?? 1
}

/** Id of the job that made or makes the export of a version, as the platform's list of tasks has it. */
export async function exportTask(read: Read, version: number): Promise<string> {
  const [row] = await read<{ task: string }>(task, [version])
  return row?.task ?? ''
}

/** The sequence number of the event that says that a job has begun; undefined when it is another worker's. */
export async function beginExport(tx: Queryable, { version, lease }: ExportJob): Promise<number | undefined> {
  const [row] = await tx.query<{ seq: number }>(begin, [version, lease])
  return row?.seq
}

export async function adoptExport(tx: Queryable, version: number): Promise<void> {
  await tx.query(adopt, [version])
}

export async function clearExport(tx: Queryable, version: number): Promise<number> {
  const [row] = await tx.query<{ seq: number }>(clear, [version])
  return row?.seq ?? 1
}

export type ExportJob = {
  readonly version: number
  readonly lease: string
  readonly attempt: number
  /** Processes in a row that died while they made it. */
  readonly deaths: number
}

export function takeExports(store: AnyStore, limit: number, leaseSeconds: number): Promise<ExportJob[]> {
  return store.write<ExportJob>(take, [limit, leaseSeconds])
}

/** False when the job is somebody else's by now, or was given up. */
export async function keepExport(store: AnyStore, { version, lease }: ExportJob, leaseSeconds: number) {
  return (await store.write(keep, [version, lease, leaseSeconds])).length > 0
}

/** The sequence number of the event; undefined when the job is not this worker's any more. */
export async function finishExport(tx: Queryable, { version, lease }: ExportJob, blob: string, fileName: string) {
  const [row] = await tx.query<{ seq: number }>(finish, [version, lease, blob, fileName])
  return row?.seq
}

/** Queues the job again after a pause, or gives it up; the sequence number of the event of the latter. */
export async function failExport(
  tx: Queryable,
  { version, lease, attempt }: ExportJob,
  error: string,
): Promise<number | undefined> {
  if (attempt < attempts) {
    await tx.query(retry, [version, lease, retryMs[attempt - 1] ?? retryMs[1]])
    return undefined
  }
  const [row] = await tx.query<{ seq: number }>(fail, [version, lease, error])
  return row?.seq
}

/** Leaves a job to other replicas at once. */
export async function releaseExport(store: AnyStore, { version, lease }: ExportJob): Promise<void> {
  await store.write(release, [version, lease])
}

/** Tries a job again later whose failure was no fault of its own; until then it says what it waits for. */
export async function postponeExport(
  store: AnyStore,
  { version, lease }: ExportJob,
  delayMs: number,
  reason: string,
): Promise<void> {
  await store.write(postpone, [version, lease, delayMs, reason])
}

export async function nextExportMs(store: AnyStore): Promise<number | null> {
  const [row] = await store.read<{ ms: number | null }>(nextDue)
  return row?.ms ?? null
}

/** Names of blobs whose version is gone. */
export async function takeOrphans(tx: Queryable): Promise<string[]> {
  const rows = await tx.query<{ name: string; inUse: boolean }>(orphans)
  return rows.filter(({ inUse }) => !inUse).map(({ name }) => name)
}
