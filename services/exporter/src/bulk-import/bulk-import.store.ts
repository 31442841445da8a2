import type { BulkImportState, Identity, ImportTarget } from '@slipway/contracts'
import type { Queryable } from '@slipway/store'
import { expressionBuilder, sql } from 'kysely'
import type { Database } from '../database.ts'
import type { Read } from '../source/source.store.ts'
import { isoMs, nowMs, prepare } from '../sql.ts'
import type { Counts, Progress } from './bulk-import.ts'

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

/** Name of the bytes of its lines. */
export const blobNameOf = (id: string): string => `imports/${id}`

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

/** Of an import that waits or runs. */
export const active = ['PENDING', 'STARTED'] as const
const job = expressionBuilder<Database, 'bulk_import'>()
const lasted = sql`coalesce(${job.ref('bulk_import.finished_at')}, now_ms()) - ${job.ref('bulk_import.started_at')}`
export const columns = [
  ...([
    'bulk_import.id',
    'bulk_import.login',
    'bulk_import.queue',
    'bulk_import.update_if_exists as updateIfExists',
    'bulk_import.state',
    'bulk_import.total',
  ] as const),
  ...(['bulk_import.processed', 'bulk_import.error', 'bulk_import.traceparent', 'bulk_import.seq'] as const),
  job.ref('bulk_import.identity').$castTo<Identity>().as('identity'),
  job.ref('bulk_import.target').$castTo<ImportTarget | null>().as('target'),
  sql<number>`${job.ref('bulk_import.next_byte')}::float8`.as('nextByte'),
  job.ref('bulk_import.counts').$castTo<Counts>().as('counts'),
  isoMs(job.ref('bulk_import.created_at')).as('createdAt'),
  isoMs(job.ref('bulk_import.started_at')).as('startedAt'),
  isoMs(job.ref('bulk_import.finished_at')).as('finishedAt'),
  sql<number | null>`extract(epoch from ${lasted})::float8`.as('runtime'),
] as const

const insert = prepare<NewImport & { login: string }>()('bulk-import.insert', (db, p) =>
  db
    .insertInto('bulk_import')
    .values({
      ...{ id: p.id, identity: p.identity, login: p.login, queue: p.queue, update_if_exists: p.updateIfExists },
      ...{ content_hash: p.contentHash, total: p.total, traceparent: p.traceparent, target: p.target },
    })
    .onConflict(oc =>
      oc.columns(['login', 'queue', 'content_hash', 'update_if_exists']).where('state', 'in', active).doNothing(),
    )
    .returning(columns),
)
const find = prepare<{ id: string }>()('bulk-import.find', (db, p) =>
  db.selectFrom('bulk_import').select(columns).where('bulk_import.id', '=', p.id),
)
const list = prepare<{ login: string; queue: string | null }>()('bulk-import.list', (db, p) =>
  db
    .selectFrom('bulk_import')
    .select(columns)
    .where('bulk_import.login', '=', p.login)
    .where(eb => eb.or([eb(sql`${p.queue}::text`, 'is', null), eb('bulk_import.queue', '=', sql<string>`${p.queue}`)]))
    .orderBy('bulk_import.number', 'desc'),
)
/** What the end of an import is, whatever it comes to. */
export const ended = { lease: null, finished_at: nowMs, seq: sql<number>`${job.ref('bulk_import.seq')} + 1` }
const revoke = prepare<{ id: string }>()('bulk-import.revoke', (db, p) =>
  db
    .updateTable('bulk_import')
    .set({ state: 'REVOKED', ...ended })
    .where('bulk_import.id', '=', p.id)
    .where('bulk_import.state', 'in', active)
    .returning(columns),
)
const parts = prepare<{ id: string; after: number; letters: string }>()('bulk-import.parts', (db, p) =>
  db
    .selectFrom('bulk_import_part')
    .select(({ ref }) => [
      ...(['first_line as firstLine', 'outcomes'] as const),
      sql<number>`${ref('first_byte')}::float8`.as('firstByte'),
      sql<number>`${ref('last_byte')}::float8`.as('lastByte'),
      ref('errors').$castTo<ImportPart['errors']>().as('errors'),
    ])
    .where('import', '=', p.id)
    .where('first_line', '>', p.after)
    .where('outcomes', '~', p.letters)
    .orderBy('first_line')
    .limit(50),
)
const purge = prepare<{ hours: number }>()('bulk-import.purge', (db, p) =>
  db
    .deleteFrom('bulk_import')
    .where('finished_at', '<', sql<string>`clock_timestamp() - ${p.hours} * interval '1 hour'`)
    .returning('id'),
)

/** Undefined while the same import of the same caller waits or runs. */
export async function insertImport(tx: Queryable, given: NewImport): Promise<ImportRow | undefined> {
  const [row] = await tx.query(insert, { ...given, login: given.identity.login.toLowerCase() })
  return row
}

export async function findImport(read: Read, id: string): Promise<ImportRow | undefined> {
  const [row] = await read(find, { id })
  return row
}

export function listImports(read: Read, login: string, queue: string | null): Promise<ImportRow[]> {
  return read(list, { login: login.toLowerCase(), queue })
}

/** Undefined when it is finished already. */
export async function revokeImport(tx: Queryable, id: string): Promise<ImportRow | undefined> {
  const [row] = await tx.query(revoke, { id })
  return row
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
  return read(parts, { id, after, letters: `[${letters}]` })
}

/** Forgets imports that were finished so many hours ago; returns their ids. */
export async function purgeImports(tx: Queryable, hours: number): Promise<string[]> {
  return (await tx.query(purge, { hours })).map(({ id }) => id)
}
