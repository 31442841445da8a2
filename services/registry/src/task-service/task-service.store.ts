import { type EventType, idPrefixes, newId, type PageRequest, taskServiceEvents } from '@slipway/contracts'
import type { Command } from '@slipway/service'
import { isUniqueViolation, type Statement, type Store } from '@slipway/store'
import { renderedList, renderedTaskService } from './rendered.ts'

/** The fields that callers write. */
export type TaskServiceFields = {
  readonly name: string
  readonly description: string
  readonly author: string
  readonly url: string
  readonly enabled: boolean
}

/** Who changes something, on which trace, and under which command it is to be remembered. */
export type Change = {
  readonly actor: string
  readonly traceparent: string | undefined
  readonly command: Command | undefined
}

export type RenderedPage = { readonly count: number; readonly results: string }

/**
 * A change, its event and the memory of its command in one statement. `change` is SQL that returns the rows it changed
 * with `sequence`, the number of its event, and `told`, whether there is one.
 * Parameters: actor, traceparent, command id, fingerprint, then those of the change.
 */
function writeStatement({ noun, verb }: EventType, status: 200 | 201 | 204, change: string): Statement {
  return {
    name: `registry.${noun}.${verb}`,
    text: `
      with changed as (${change}),
      answer as (
        select changed.kf_id, changed.sequence, changed.told, ${renderedTaskService('changed')} as json from changed
      ),
      event as (
        insert into platform.outbox (noun, verb, aggregate, sequence, actor, traceparent, data)
        select '${noun}', '${verb}', kf_id, sequence, $1, $2, json from answer where told
      ),
      remembered as (
        insert into platform.command (id, fingerprint, status, body)
        select $3, $4, ${status}, ${status === 204 ? `''` : 'json::text'} from answer where $3::text is not null
      )
      select json::text as body from answer`,
  }
}

const created = writeStatement(
  taskServiceEvents.created,
  201,
  `insert into task_service (kf_id, name, description, author, url, enabled) values ($5, $6, $7, $8, $9, $10)
   returning *, seq as sequence, true as told`,
)

// A null parameter leaves its column as it is: two callers who change different columns keep both changes, and what
// changes nothing is no event. A new url is checked at once, and a check of the old one counts no more.
const updated = writeStatement(
  taskServiceEvents.updated,
  200,
  `update task_service s
   set name = coalesce($6, s.name), description = coalesce($7, s.description), author = coalesce($8, s.author),
       url = coalesce($9, s.url), enabled = coalesce($10, s.enabled),
       seq = s.seq + ((coalesce($6, s.name), coalesce($7, s.description), coalesce($8, s.author), coalesce($9, s.url),
                       coalesce($10, s.enabled))
                      is distinct from (s.name, s.description, s.author, s.url, s.enabled))::integer,
       next_check_at = case when $9 <> s.url then clock_timestamp() else s.next_check_at end,
       check_lease = case when $9 <> s.url then null else s.check_lease end,
       check_lease_until = case when $9 <> s.url then null else s.check_lease_until end
   where s.kf_id = $5
   returning new.*, new.seq as sequence, new.seq > old.seq as told`,
)

const deleted = writeStatement(
  taskServiceEvents.deleted,
  204,
  'delete from task_service where kf_id = $5 returning *, seq + 1 as sequence, true as told',
)

const readOne: Statement = {
  name: 'registry.task-service.read',
  text: `select ${renderedTaskService('s')}::text as body from task_service s where s.kf_id = $1`,
}

const listStatement = (name: string, count: string, where: string): Statement => {
  const rows = `select * from task_service ${where} order by created_at desc, created_seq desc limit $1 offset $2`
  return {
    name: `registry.task-service.${name}`,
    text: `
      select ${count} as count, ${renderedList(renderedTaskService('s'), 's', rows)} as results
      from task_service_count c`,
  }
}

const listAll = listStatement('list', 'c.total', '')
const listEnabled = listStatement('list-enabled', 'c.enabled', 'where enabled')
const listDisabled = listStatement('list-disabled', 'c.total - c.enabled', 'where not enabled')

/** Tries to find an id that is free; 40 random bits collide rarely enough for the last one to be a fault. */
const idTries = 5

/** Inserts a task service and returns it as JSON. */
export async function createTaskService(
  store: Store,
  fields: TaskServiceFields,
  change: Change,
  nextId: () => string = () => newId(idPrefixes.taskService),
): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const [row] = await write(store, created, nextId(), fields, change)
      return (row as { body: string }).body
    } catch (error) {
      // The event's key: the id was one of a service that is deleted by now.
      const taken = ['task_service_pkey', 'outbox_sequence_key'].some(key => isUniqueViolation(error, key))
      if (!taken || attempt === idTries) throw error
    }
  }
}

/** Changes the given fields and returns the task service as JSON; undefined if there is none. */
export async function updateTaskService(
  store: Store,
  kf_id: string,
  fields: Partial<TaskServiceFields>,
  change: Change,
): Promise<string | undefined> {
  const [row] = await write(store, updated, kf_id, fields, change)
  return row?.body
}

/** False if there is no such task service. */
export async function deleteTaskService(store: Store, kf_id: string, change: Change): Promise<boolean> {
  const rows = await store.write(deleted, [...changeParameters(change), kf_id])
  return rows.length > 0
}

/** One task service as JSON; undefined if there is none. */
export async function readTaskService(store: Store, kf_id: string): Promise<string | undefined> {
  const [row] = await store.read<{ body: string }>(readOne, [kf_id])
  return row?.body
}

/** A page of task services as a JSON array, newest first, and how many there are; `enabled` undefined: of all. */
export async function listTaskServices(
  store: Store,
  { limit, offset }: PageRequest,
  enabled: boolean | undefined,
): Promise<RenderedPage> {
  const statement = enabled === undefined ? listAll : enabled ? listEnabled : listDisabled
  const [page] = await store.read<RenderedPage>(statement, [limit, offset])
  return page as RenderedPage
}

function write(store: Store, statement: Statement, kf_id: string, fields: Partial<TaskServiceFields>, change: Change) {
  const { name, description, author, url, enabled } = fields
  return store.write<{ body: string }>(statement, [
    ...changeParameters(change),
    kf_id,
    name,
    description,
    author,
    url,
    enabled,
  ])
}

function changeParameters({ actor, traceparent, command }: Change): unknown[] {
  return [actor, traceparent, command?.id, command?.fingerprint]
}
