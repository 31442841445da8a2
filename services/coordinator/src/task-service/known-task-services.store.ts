import type { Queryable } from '@slipway/store'
import { recordset } from '../recordset.ts'
import { prepare } from '../sql.ts'

export type KnownTaskService = {
  readonly kf_id: string
  readonly name: string
  readonly url: string
  readonly enabled: boolean
}

type Noted = KnownTaskService & { readonly deleted: boolean; readonly sequence: number }

const upsert = prepare<Noted>()('task-service.upsert', (db, p) =>
  db
    .insertInto('task_service')
    .values({
      kf_id: p.kf_id,
      name: p.name,
      url: p.url,
      enabled: p.enabled,
      deleted: p.deleted,
      sequence: p.sequence,
    })
    .onConflict(conflict =>
      conflict
        .column('kf_id')
        .doUpdateSet(eb => ({
          name: eb.ref('excluded.name'),
          url: eb.ref('excluded.url'),
          enabled: eb.ref('excluded.enabled'),
          deleted: eb.ref('excluded.deleted'),
          sequence: eb.ref('excluded.sequence'),
        }))
        .whereRef('excluded.sequence', '>', 'task_service.sequence'),
    ),
)

/** Notes what an event says about a task service, unless a later one was noted already. */
export async function noteTaskService(
  tx: Queryable,
  { kf_id, name, url, enabled }: KnownTaskService,
  deleted: boolean,
  sequence: number,
): Promise<void> {
  await tx.query(upsert, { kf_id, name, url, enabled, deleted, sequence })
}

const add = prepare<{ services: string }>()('task-service.add', (db, p) =>
  db
    .insertInto('task_service')
    .columns(['kf_id', 'name', 'url', 'enabled', 'sequence'])
    .expression(eb =>
      eb
        .selectFrom(
          recordset<Omit<Noted, 'deleted'>>(p.services, {
            kf_id: 'text',
            name: 'text',
            url: 'text',
            enabled: 'boolean',
            sequence: 'bigint',
          }),
        )
        .select(['x.kf_id', 'x.name', 'x.url', 'x.enabled', 'x.sequence']),
    )
    .onConflict(conflict =>
      conflict
        .column('kf_id')
        .doUpdateSet(eb => ({
          name: eb.ref('excluded.name'),
          url: eb.ref('excluded.url'),
          enabled: eb.ref('excluded.enabled'),
        }))
        .where('task_service.deleted', '=', false)
        .whereRef('task_service.sequence', '=', 'excluded.sequence'),
    ),
)

/**
 * Adds or refreshes what the registry answered; its events, older or newer, go on counting. `before`: the sequences that
 * were known when it was asked. Where an event was noted since, the answer may be older than that, and counts no more.
 */
export async function addTaskServices(
  write: Queryable['query'],
  services: readonly KnownTaskService[],
  before: Sequences,
): Promise<void> {
  const rows = services.map(({ kf_id, name, url, enabled }) => {
    return { kf_id, name, url, enabled, sequence: before.get(kf_id) ?? 0 }
  })
  if (rows.length > 0) await write(add, { services: JSON.stringify(rows) })
}

/** Of the last event that was noted of each task service, by its id. */
export type Sequences = ReadonlyMap<string, number>

const sequences = prepare()('task-service.sequences', db => db.selectFrom('task_service').select(['kf_id', 'sequence']))

export async function readSequences(read: Queryable['query']): Promise<Sequences> {
  return new Map((await read(sequences)).map(({ kf_id, sequence }) => [kf_id, sequence]))
}

const known = prepare<{ id: string }>()('task-service.known', (db, p) =>
  db.selectFrom('task_service').select('kf_id').where('kf_id', '=', p.id),
)

export async function isKnown(read: Queryable['query'], id: string): Promise<boolean> {
  return (await read(known, { id })).length > 0
}

const names = prepare<{ ids: readonly string[] }>()('task-service.names', (db, p) =>
  db
    .selectFrom('task_service')
    .select(['kf_id', 'name'])
    .where(eb => eb('kf_id', '=', eb.fn.any(p.ids))),
)

/** Names of task services by their ids. */
export async function namesOf(read: Queryable['query'], ids: readonly string[]): Promise<Map<string, string>> {
  const rows = await read(names, { ids })
  return new Map(rows.map(row => [row.kf_id, row.name]))
}

const liveTasks = prepare<{ service: string }>()('task-service.live-tasks', (db, p) =>
  db
    .selectFrom('task')
    .select(['kf_id', 'release'])
    .where('task_service', '=', p.service)
    .where('state', 'in', ['waiting', 'initialized', 'running', 'staged', 'publishing']),
)

/** Tasks of a task service that have not ended. */
export async function liveTasksOf(read: Queryable['query'], service: string) {
  return read(liveTasks, { service })
}

const blank = prepare<{ service: string }>()('task-service.blank-events', (db, p) =>
  db.updateTable('event').set({ task_service: null }).where('task_service', '=', p.service),
)

/** Takes a deleted task service out of the log. */
export async function blankEventsOf(tx: Queryable, service: string): Promise<void> {
  await tx.query(blank, { service })
}

const deletion = prepare<{ id: string }>()('task-service.mark-deleted', (db, p) =>
  db
    .updateTable('task_service')
    .set({ deleted: true })
    .where('kf_id', '=', p.id)
    .where('deleted', '=', false)
    .returning('kf_id'),
)

/** Notes that a task service is gone; false if that is known, or it never was. */
export async function markDeleted(tx: Queryable, id: string): Promise<boolean> {
  return (await tx.query(deletion, { id })).length > 0
}
