import { preparer, type Queryable, type Statement } from '@slipway/store'
import type { Database } from '../database.ts'

const prepare = preparer<Database>()

export type KnownTaskService = {
  readonly kf_id: string
  readonly name: string
  readonly url: string
  readonly enabled: boolean
}

const upsert: Statement = {
  name: 'task-service-upsert',
  text: `
    insert into task_service (kf_id, name, url, enabled, deleted, sequence) values ($1, $2, $3, $4, $5, $6)
    on conflict (kf_id) do update
      set name = excluded.name, url = excluded.url, enabled = excluded.enabled, deleted = excluded.deleted,
        sequence = excluded.sequence
      where excluded.sequence > task_service.sequence`,
}

/** Notes what an event says about a task service, unless a later one was noted already. */
export async function noteTaskService(
  tx: Queryable,
  { kf_id, name, url, enabled }: KnownTaskService,
  deleted: boolean,
  sequence: number,
): Promise<void> {
  await tx.query(upsert, [kf_id, name, url, enabled, deleted, sequence])
}

const add: Statement = {
  name: 'task-service-add',
  text: `
    insert into task_service (kf_id, name, url, enabled, sequence)
    select kf_id, name, url, enabled, sequence
    from json_to_recordset($1::json) as x(kf_id text, name text, url text, enabled boolean, sequence bigint)
    on conflict (kf_id) do update set name = excluded.name, url = excluded.url, enabled = excluded.enabled
      where not task_service.deleted and task_service.sequence = excluded.sequence`,
}

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
  if (rows.length > 0) await write(add, [JSON.stringify(rows)])
}

/** Of the last event that was noted of each task service, by its id. */
export type Sequences = ReadonlyMap<string, number>

const sequences = prepare()('task-service-sequences', db => db.selectFrom('task_service').select(['kf_id', 'sequence']))

export async function readSequences(read: Queryable['query']): Promise<Sequences> {
  return new Map((await read(sequences)).map(({ kf_id, sequence }) => [kf_id, sequence]))
}

const known: Statement = { name: 'task-service-known', text: `select 1 from task_service where kf_id = $1` }

export async function isKnown(read: Queryable['query'], id: string): Promise<boolean> {
  return (await read(known, [id])).length > 0
}

const names: Statement = {
  name: 'task-service-names',
  text: `select kf_id, name from task_service where kf_id = any($1)`,
}

/** Names of task services by their ids. */
export async function namesOf(read: Queryable['query'], ids: readonly string[]): Promise<Map<string, string>> {
  const rows = await read<{ kf_id: string; name: string }>(names, [ids])
  return new Map(rows.map(row => [row.kf_id, row.name]))
}

const liveTasks: Statement = {
  name: 'task-service-live-tasks',
  text: `
    select kf_id, release from task
    where task_service = $1 and state in ('waiting', 'initialized', 'running', 'staged', 'publishing')`,
}

/** Tasks of a task service that have not ended. */
export async function liveTasksOf(read: Queryable['query'], service: string) {
  return read<{ kf_id: string; release: string }>(liveTasks, [service])
}

const blank: Statement = {
  name: 'task-service-blank-events',
  text: `update event set task_service = null where task_service = $1`,
}

/** Takes a deleted task service out of the log. */
export async function blankEventsOf(tx: Queryable, service: string): Promise<void> {
  await tx.query(blank, [service])
}

const deletion = prepare<{ id: string }>()('task-service-mark-deleted', (db, p) =>
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
