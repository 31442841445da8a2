import { bulkImportEvents, type EventDataOf } from '@slipway/contracts'
import { emit, type Parameters, type Queryable, type Store } from '@slipway/store'
import { type Expression, expressionBuilder, type Kysely, sql } from 'kysely'
import type { Database } from '../database.ts'
import { clockNow, fromNow, msUntil, nowMs, prepare } from '../sql.ts'
import { active, columns, ended, type ImportRow } from './bulk-import.store.ts'
import { type Counts, type LineResult, lettersOf } from './bulk-import.ts'

/** An import that this process works on, as long as it holds the lease. */
export type ImportJob = ImportRow & {
  readonly lease: string
  /** Failures in a row without a line done, and processes that died so. */
  readonly attempt: number
  readonly deaths: number
}

const job = expressionBuilder<Database, 'bulk_import'>()

/** In a named queue only the first has its turn. */
const hasTurn = (unordered: Expression<string>) => {
  const earlier = job
    .selectFrom('bulk_import as e')
    .whereRef('e.login', '=', 'bulk_import.login')
    .whereRef('e.queue', '=', 'bulk_import.queue')
    .whereRef('e.number', '<', 'bulk_import.number')
    .where('e.state', 'in', active)
  return job.or([job('bulk_import.queue', '=', unordered), job.not(job.exists(earlier))])
}
type Taking = { readonly limit: number; readonly seconds: number; readonly unordered: string }
/** What is due, the longest waiting first. A lease that ran out is a death. */
const take = prepare<Taking>()('bulk-import.take', (db, p) => {
  const due = db
    .selectFrom('bulk_import')
    .select(['bulk_import.id', 'bulk_import.state'])
    .where('bulk_import.state', 'in', active)
    .where('bulk_import.due_at', '<=', clockNow)
    .where(hasTurn(p.unordered))
    .orderBy('bulk_import.due_at')
    .limit(p.limit)
    .forUpdate()
    .skipLocked()
  return db
    .updateTable('bulk_import')
    .from(due.as('due'))
    .set(({ fn, ref }) => ({
      state: 'STARTED',
      started_at: fn.coalesce('bulk_import.started_at', nowMs),
      deaths: sql<number>`${ref('bulk_import.deaths')} + (${ref('bulk_import.lease')} is not null)::integer`,
      lease: sql<string>`gen_random_uuid()`,
      due_at: fromNow(p.seconds, 'second'),
      seq: sql<number>`${ref('bulk_import.seq')} + (${ref('bulk_import.state')} = 'PENDING')::integer`,
    }))
    .whereRef('bulk_import.id', '=', 'due.id')
    .returning(columns)
    .returning(eb => [
      ...(['bulk_import.attempt', 'bulk_import.deaths'] as const),
      // Just given.
      eb.ref('bulk_import.lease').$notNull().as('lease'),
      eb('due.state', '=', 'PENDING').$castTo<boolean>().as('began'),
    ])
})

type Held = { readonly id: string; readonly lease: string }
/** An import that its worker holds. */
const held = (db: Pick<Kysely<Database>, 'updateTable'>, p: Parameters<Held>) =>
  db
    .updateTable('bulk_import')
    .where('bulk_import.id', '=', p.id)
    .where('bulk_import.lease', '=', p.lease)
    .where('bulk_import.state', '=', 'STARTED')
const keep = prepare<Held & { seconds: number }>()('bulk-import.keep', (db, p) =>
  held(db, p)
    .set({ due_at: fromNow(p.seconds, 'second') })
    .returning('bulk_import.id'),
)
type Applied = EventDataOf<typeof bulkImportEvents.applied>
type Advance = Held & {
  readonly processed: number
  readonly lines: number
  readonly firstByte: number
  readonly lastByte: number
  readonly counts: Counts
  readonly seconds: number
  readonly outcomes: string
  readonly errors: Readonly<Record<string, unknown>> | null
  readonly events: string
  readonly actor: string
}
const advance = prepare<Advance>()('bulk-import.advance', (db, p) => {
  const changes = sql<{ data: Applied; place: number }>`json_array_elements(${p.events}::json) with ordinality`
  const count = sql<number>`json_array_length(${p.events}::json)`
  return db
    .with('mine', q =>
      held(q, p)
        .set(eb => ({
          processed: eb('bulk_import.processed', '+', p.lines),
          ...{ next_byte: p.lastByte, counts: p.counts, attempt: 0, deaths: 0 },
          due_at: fromNow(p.seconds, 'second'),
          seq: eb('bulk_import.seq', '+', count),
        }))
        .where('bulk_import.processed', '=', p.processed)
        .returning(['bulk_import.id', 'bulk_import.seq', 'bulk_import.traceparent']),
    )
    .with('part', q =>
      q
        .insertInto('bulk_import_part')
        .columns(['import', 'first_line', 'first_byte', 'last_byte', 'outcomes', 'errors'])
        .expression(
          q
            .selectFrom('mine')
            .select(['id', p.processed.as('line'), p.firstByte.as('first'), p.lastByte.as('last')])
            .select([p.outcomes.as('outcomes'), p.errors.as('errors')]),
        ),
    )
    .with('event', q =>
      emit(
        q,
        bulkImportEvents.applied,
        q
          .selectFrom('mine')
          .crossJoin(changes.as<'change'>(sql`change(data, place)`))
          .select(({ ref }) => [
            'mine.id as aggregate',
            sql<number>`${ref('mine.seq')} - ${count} + ${ref('change.place')}`.as('sequence'),
            p.actor.as('actor'),
            ...(['mine.traceparent', 'change.data'] as const),
          ]),
      ),
    )
    .selectFrom('mine')
    .select('seq')
})
/** The same, for others to go on with. */
const letGo = (db: Kysely<Database>, p: Parameters<Held>) => held(db, p).set({ lease: null, deaths: 0 })
const release = prepare<Held>()('bulk-import.release', (db, p) =>
  letGo(db, p)
    .set(eb => ({ due_at: clockNow, seq: eb('bulk_import.seq', '+', 1) }))
    .returning('bulk_import.seq'),
)
const pause = prepare<Held & { ms: number; tries: number }>()('bulk-import.pause', (db, p) =>
  letGo(db, p).set(eb => ({ due_at: fromNow(p.ms, 'millisecond'), attempt: eb('bulk_import.attempt', '+', p.tries) })),
)
type End = Held & { readonly state: 'SUCCESS' | 'FAILURE'; readonly error: string | null }
const finish = prepare<End>()('bulk-import.finish', (db, p) =>
  held(db, p)
    .set({ state: p.state, error: p.error, ...ended })
    .returning(columns),
)
const nextDue = prepare<{ unordered: string }>()('bulk-import.next-due', (db, p) =>
  db
    .selectFrom('bulk_import')
    .select(({ fn }) => msUntil(fn.min('bulk_import.due_at')).as('ms'))
    .where('bulk_import.state', 'in', active)
    .where(hasTurn(p.unordered)),
)
/** `began`: it was not carried out before. */
export function takeImports(
  tx: Queryable,
  limit: number,
  leaseSeconds: number,
  unordered: string,
): Promise<(ImportJob & { readonly began: boolean })[]> {
  return tx.query(take, { limit, seconds: leaseSeconds, unordered })
}

/** False when the import was taken over or revoked. */
export async function keepImport(store: Store, { id, lease }: ImportJob, leaseSeconds: number): Promise<boolean> {
  return (await store.write(keep, { id, lease, seconds: leaseSeconds })).length > 0
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
  const [row] = await tx.query(advance, {
    ...{ id, lease, processed, lines: results.length, firstByte, lastByte, counts, seconds: leaseSeconds },
    ...{ outcomes: lettersOf(results), errors, events: JSON.stringify(events.data), actor: events.actor },
  })
  return row?.seq
}

/** Lets others go on with it; the sequence number of the event, or undefined when it is not ours. */
export async function releaseImport(tx: Queryable, { id, lease }: ImportJob): Promise<number | undefined> {
  const [row] = await tx.query(release, { id, lease })
  return row?.seq
}

/** Has it gone on with after `delayMs`, from where it is. */
export async function pauseImport(store: Store, { id, lease }: ImportJob, delayMs: number, failedTries: number) {
  await store.write(pause, { id, lease, ms: delayMs, tries: failedTries })
}

export async function finishImport(
  tx: Queryable,
  { id, lease }: ImportJob,
  state: 'SUCCESS' | 'FAILURE',
  error: string | null,
): Promise<ImportRow | undefined> {
  const [row] = await tx.query(finish, { id, lease, state, error })
  return row
}

export async function nextImportMs(store: Store, unordered: string): Promise<number | null> {
  const [row] = await store.read(nextDue, { unordered })
  return row?.ms ?? null
}
