import type { BulkImportState, Identity, ImportTarget } from '@slipway/contracts'
import { type AnyStore, outboxColumns, type Queryable, type Statement } from '@slipway/store'
import type { Read } from '../source/source.store.ts'
import { type Counts, type LineResult, lettersOf, type Progress } from './bulk-import.ts'

export type ImportRow = Progress & {
  readonly id: string
  readonly identity: Identity
  readonly login: string
  readonly queue: string
  readonly updateIfExists: boolean
  /** Where the lines go instead of where they say. */
  readonly target: ImportTarget | null
  readonly state: BulkImportState
  /** Where the line after the processed ones begins. */
  readonly nextByte: number
  readonly error: string | null
  readonly traceparent: string | null
  readonly createdAt: string
  readonly startedAt: string | null
  readonly finishedAt: string | null
  readonly seq: number
}

/** An import that this process works on, as long as it holds the lease. */
export type ImportJob = ImportRow & {
  readonly lease: string
  /** Failures in a row without a line done, and processes that died so. */
  readonly attempt: number
  readonly deaths: number
}

/** Name of the bytes of its lines. */
export const blobNameOf = (id: string): string => `imports/${id}`

const columns = `b.id, b.identity, b.login, b.queue, b.update_if_exists as "updateIfExists", b.target, b.state, b.total, b.processed,
  b.next_byte::float8 as "nextByte", b.counts, b.error, b.traceparent, iso_ms(b.created_at) as "createdAt",
  iso_ms(b.started_at) as "startedAt", iso_ms(b.finished_at) as "finishedAt", b.seq,
  extract(epoch from coalesce(b.finished_at, now_ms()) - b.started_at)::float8 as runtime`
const active = `state in ('PENDING', 'STARTED')`

const insert: Statement = {
  name: 'bulk-import.insert',
  text: `insert into bulk_import as b (id, identity, login, queue, update_if_exists, content_hash, total, traceparent,
      target)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    on conflict (login, queue, content_hash, update_if_exists) where ${active} do nothing
    returning ${columns}`,
}
const find: Statement = { name: 'bulk-import.find', text: `select ${columns} from bulk_import b where b.id = $1` }
const list: Statement = {
  name: 'bulk-import.list',
  text: `select ${columns} from bulk_import b where b.login = $1 and ($2::text is null or b.queue = $2)
    order by b.number desc`,
}
/** What is due, the longest waiting first; in a named queue only the first. A lease that ran out is a death. */
const take: Statement = {
  name: 'bulk-import.take',
  text: `update bulk_import b set state = 'STARTED', started_at = coalesce(b.started_at, now_ms()),
      deaths = b.deaths + (b.lease is not null)::integer, lease = gen_random_uuid(),
      due_at = clock_timestamp() + $2 * interval '1 second', seq = b.seq + (b.state = 'PENDING')::integer
    from (
      select w.id, w.state from bulk_import w where w.state in ('PENDING', 'STARTED') and w.due_at <= clock_timestamp() and (
        w.queue = $3 or not exists (
          select from bulk_import e
          where e.login = w.login and e.queue = w.queue and e.number < w.number and e.state in ('PENDING', 'STARTED')
        )
      ) order by w.due_at limit $1 for update skip locked
    ) due
    where b.id = due.id
    returning ${columns}, b.lease, b.attempt, b.deaths, due.state = 'PENDING' as began`,
}
const mine = `where id = $1 and lease = $2 and state = 'STARTED'`
const keep: Statement = {
  name: 'bulk-import.keep',
  text: `update bulk_import set due_at = clock_timestamp() + $3 * interval '1 second' ${mine} returning id`,
}
const advance: Statement = {
  name: 'bulk-import.advance',
  text: `with mine as (
      update bulk_import set processed = $3 + $4, next_byte = $6, counts = $7, attempt = 0, deaths = 0,
        due_at = clock_timestamp() + $8 * interval '1 second', seq = seq + json_array_length($11::json)
      ${mine} and processed = $3
      returning id, seq, traceparent
    ), part as (
      insert into bulk_import_part (import, first_line, first_byte, last_byte, outcomes, errors)
      select id, $3, $5, $6, $9, $10 from mine
    ), event as (
      insert into platform.outbox (${outboxColumns})
      select 'bulk-import', 'applied', id, seq - json_array_length($11::json) + told.place, $12, traceparent, told.data
      from mine cross join json_array_elements($11::json) with ordinality as told (data, place)
    )
    select seq from mine`,
}
const release: Statement = {
  name: 'bulk-import.release',
  text: `update bulk_import set lease = null, deaths = 0, due_at = clock_timestamp(), seq = seq + 1 ${mine} returning seq`,
}
const pause: Statement = {
  name: 'bulk-import.pause',
  text: `update bulk_import set lease = null, deaths = 0, due_at = clock_timestamp() + $3 * interval '1 millisecond',
      attempt = attempt + $4 ${mine}`,
}
const finish: Statement = {
  name: 'bulk-import.finish',
  text: `update bulk_import b set state = $3, error = $4, lease = null, finished_at = now_ms(), seq = seq + 1 ${mine}
    returning ${columns}`,
}
const revoke: Statement = {
  name: 'bulk-import.revoke',
  text: `update bulk_import b set state = 'REVOKED', lease = null, finished_at = now_ms(), seq = seq + 1
    where id = $1 and ${active} returning ${columns}`,
}
const nextDue: Statement = {
  name: 'bulk-import.next-due',
  text: `select (extract(epoch from min(due_at) - clock_timestamp()) * 1000)::float8 as ms
    from bulk_import b where ${active} and (
      queue = $1 or not exists (
        select from bulk_import e where e.login = b.login and e.queue = b.queue and e.number < b.number and e.state in ('PENDING', 'STARTED')
      )
    )`,
}
const parts: Statement = {
  name: 'bulk-import.parts',
  text: `select first_line as "firstLine", first_byte::float8 as "firstByte", last_byte::float8 as "lastByte", outcomes,
      errors
    from bulk_import_part where import = $1 and first_line > $2 and outcomes ~ $3 order by first_line limit 50`,
}
const purge: Statement = {
  name: 'bulk-import.purge',
  text: `delete from bulk_import where finished_at < clock_timestamp() - $1 * interval '1 hour' returning id`,
}

export type NewImport = {
  readonly id: string
  readonly identity: Identity
  readonly queue: string
  readonly updateIfExists: boolean
  readonly contentHash: string
  readonly target: ImportTarget | null
  readonly total: number
  readonly traceparent: string | undefined
}

/** Undefined while the same import of the same caller waits or runs. */
export async function insertImport(tx: Queryable, given: NewImport): Promise<ImportRow | undefined> {
  const { id, identity, queue, updateIfExists, contentHash, total, traceparent, target } = given
  const login = identity.login.toLowerCase()
  const [row] = await tx.query<ImportRow>(insert, [
    ...[id, identity, login, queue, updateIfExists, contentHash, total, traceparent ?? null, target],
  ])
  return row
}

export async function findImport(read: Read, id: string): Promise<ImportRow | undefined> {
  const [row] = await read<ImportRow>(find, [id])
  return row
}

export function listImports(read: Read, login: string, queue: string | null): Promise<ImportRow[]> {
  return read<ImportRow>(list, [login.toLowerCase(), queue])
}

/** `began`: it was not carried out before. */
export function takeImports(tx: Queryable, limit: number, leaseSeconds: number, unordered: string) {
  return tx.query<ImportJob & { readonly began: boolean }>(take, [limit, leaseSeconds, unordered])
}

/** False when the import was taken over or revoked. */
export async function keepImport(store: AnyStore, { id, lease }: ImportJob, leaseSeconds: number): Promise<boolean> {
  return (await store.write(keep, [id, lease, leaseSeconds])).length > 0
}

export type Batch = {
  readonly firstByte: number
  readonly lastByte: number
  readonly results: readonly LineResult[]
  /** Of the whole import, with this batch. */
  readonly counts: Counts
  /** What is told of the changes that they made, in this order. */
  readonly events: { readonly actor: string; readonly data: readonly object[] }
}

/**
 * Writes down what came of the lines after the processed ones, in the transaction of their effects. Returns the number of
 * events of the import so far, or undefined when it is not this worker's any more: then nothing of the transaction may stay.
 */
export async function advanceImport(
  tx: Queryable,
  { id, lease, processed }: Pick<ImportJob, 'id' | 'lease' | 'processed'>,
  { firstByte, lastByte, results, counts, events }: Batch,
  leaseSeconds: number,
): Promise<number | undefined> {
  const wrong = results.flatMap(({ errors }, index) => (errors ? [[String(index), errors] as const] : []))
  const errors = wrong.length > 0 ? Object.fromEntries(wrong) : null
  const values = [id, lease, processed, results.length, firstByte, lastByte, counts, leaseSeconds, lettersOf(results)]
  const [row] = await tx.query<{ seq: number }>(advance, [...values, errors, JSON.stringify(events.data), events.actor])
  return row?.seq
}

/** Lets others go on with it; the sequence number of the event, or undefined when it is not ours. */
export async function releaseImport(tx: Queryable, job: ImportJob): Promise<number | undefined> {
  const [row] = await tx.query<{ seq: number }>(release, [job.id, job.lease])
  return row?.seq
}

/** Has it gone on with after `delayMs`, from where it is. */
export async function pauseImport(store: AnyStore, job: ImportJob, delayMs: number, failedTries: number) {
  await store.write(pause, [job.id, job.lease, delayMs, failedTries])
}

export async function finishImport(
  tx: Queryable,
  { id, lease }: ImportJob,
  state: 'SUCCESS' | 'FAILURE',
  error: string | null,
): Promise<ImportRow | undefined> {
  const [row] = await tx.query<ImportRow>(finish, [id, lease, state, error])
  return row
}

/** Undefined when it is finished already. */
export async function revokeImport(tx: Queryable, id: string): Promise<ImportRow | undefined> {
  const [row] = await tx.query<ImportRow>(revoke, [id])
  return row
}

export async function nextImportMs(store: AnyStore, unordered: string): Promise<number | null> {
  const [row] = await store.read<{ ms: number | null }>(nextDue, [unordered])
  return row?.ms ?? null
}

export type ImportPart = {
  readonly firstLine: number
  readonly firstByte: number
  readonly lastByte: number
  readonly outcomes: string
  readonly errors: Readonly<Record<string, unknown>> | null
}

/** Parts in the order of lines, after the one that begins with line `after`; those with one of these letters. */
export function importParts(read: Read, id: string, after: number, letters: string): Promise<ImportPart[]> {
  return read<ImportPart>(parts, [id, after, `[${letters}]`])
}

/** Forgets imports that were finished so many hours ago; returns their ids. */
export async function purgeImports(tx: Queryable, hours: number): Promise<string[]> {
  return (await tx.query<{ id: string }>(purge, [hours])).map(({ id }) => id)
}
