import {
  type EventType,
  idPrefixes,
  newId,
  type PageRequest,
  taskServiceEvents,
  type taskServiceSchema,
} from '@slipway/contracts'
import type { Command } from '@slipway/service'
import {
  type ChangeOf,
  type CommandParameters,
  emit,
  isUniqueViolation,
  listJson,
  type Parameters,
  type Prepared,
  parametersOf,
  remember,
  type Store,
} from '@slipway/store'
import { type QueryCreator, type Selectable, sql } from 'kysely'
import type { Database } from '../database.ts'
import { prepare } from '../sql.ts'
import { renderedTaskService } from './rendered.ts'

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

type ChangeParameters = CommandParameters & { readonly actor: string; readonly traceparent: string | undefined }

/** What a change returns: its rows with `sequence`, the number of its event, and `told`, whether there is one. */
type Changed = Selectable<Database['task_service']> & { readonly sequence: number; readonly told: boolean }
type Changing = ChangeOf<Database, 'task_service', Changed>

/** A change, its event and the memory of its command in one statement. */
function prepareChange<Given>(
  type: EventType<typeof taskServiceSchema>,
  status: 200 | 201 | 204,
  change: (db: QueryCreator<Database>, parameters: Parameters<Given>) => Changing,
): Prepared<ChangeParameters & Given, { body: string }> {
  const p = parametersOf<ChangeParameters>()
  return prepare<ChangeParameters & Given>()(`registry.${type.noun}.${type.verb}`, db =>
    db
      .with('changed', q => change(q, parametersOf<Given>()))
      .with('answer', q =>
        q
          .selectFrom('changed as s')
          .select(eb => ['s.kf_id', 's.sequence', 's.told', renderedTaskService(eb).as('json')]),
      )
      .with('event', q =>
        emit(
          q,
          type,
          q
            .selectFrom('answer')
            .select([
              'kf_id as aggregate',
              'sequence',
              p.actor.as('actor'),
              p.traceparent.as('traceparent'),
              'json as data',
            ])
            .where('told', '=', true),
        ),
      )
      .with('remembered', q =>
        remember(
          q,
          p,
          status,
          q.selectFrom('answer').select(status === 204 ? sql.lit('').as('body') : sql<string>`json::text`.as('body')),
        ),
      )
      .selectFrom('answer')
      .select(sql<string>`json::text`.as('body')),
  )
}

const created = prepareChange<TaskServiceFields & { kf_id: string }>(taskServiceEvents.created, 201, (db, p) =>
  db
    .insertInto('task_service')
    .values({
      kf_id: p.kf_id,
      name: p.name,
      description: p.description,
      author: p.author,
      url: p.url,
      enabled: p.enabled,
    })
    .returningAll()
    .returning(['seq as sequence', sql.lit(true).as('told')]),
)

type Update = Partial<TaskServiceFields> & { readonly kf_id: string; readonly turn: number }

// What is not given leaves its column as it is, and so does what a later request has given: two callers who change
// different columns keep both changes, and what changes nothing is no event. A new url is checked at once, and a check of
// the old one counts no more.
const updated = prepareChange<Update>(taskServiceEvents.updated, 200, (db, p) =>
  db
    .updateTable('task_service')
    .set(eb => {
      const turnOf = (name: keyof TaskServiceFields) => sql<number>`coalesce((turns ->> ${name})::bigint, 0)`
      const kept = <Name extends keyof TaskServiceFields>(name: Name) =>
        eb.case().when(turnOf(name), '>', p.turn).then(eb.ref(name)).else(eb.fn.coalesce(p[name], name)).end()
      const fields = {
        name: kept('name'),
        description: kept('description'),
        author: kept('author'),
        url: kept('url'),
        enabled: kept('enabled'),
      }
      const after = sql.join(Object.values(fields))
      const moved = eb(fields.url, '<>', eb.ref('url'))
      const turns = [
        sql`'name', case when ${p.name}::text is not null then greatest(${turnOf('name')}, ${p.turn}) end`,
        sql`'description', case when ${p.description}::text is not null then greatest(${turnOf('description')}, ${p.turn}) end`,
        sql`'author', case when ${p.author}::text is not null then greatest(${turnOf('author')}, ${p.turn}) end`,
        sql`'url', case when ${p.url}::text is not null then greatest(${turnOf('url')}, ${p.turn}) end`,
        sql`'enabled', case when ${p.enabled}::boolean is not null then greatest(${turnOf('enabled')}, ${p.turn}) end`,
      ]
      return {
        ...fields,
        turns: sql<string>`turns || jsonb_strip_nulls(jsonb_build_object(${sql.join(turns)}))`,
        seq: sql<number>`seq + ((${after}) is distinct from (name, description, author, url, enabled))::integer`,
        next_check_at: eb.case().when(moved).then(sql<string>`clock_timestamp()`).else(eb.ref('next_check_at')).end(),
        check_lease: eb.case().when(moved).then(null).else(eb.ref('check_lease')).end(),
        check_lease_until: eb.case().when(moved).then(null).else(eb.ref('check_lease_until')).end(),
      }
    })
    .where('kf_id', '=', p.kf_id)
    .returningAll()
    .returning(['seq as sequence', sql<boolean>`new.seq > old.seq`.as('told')]),
)

const turn = prepare()('registry.task-service.turn', db =>
  db.selectNoFrom(sql<number>`nextval('task_service_turn')`.as('turn')),
)

const deleted = prepareChange<{ kf_id: string }>(taskServiceEvents.deleted, 204, (db, p) =>
  db
    .deleteFrom('task_service')
    .where('kf_id', '=', p.kf_id)
    .returningAll()
    .returning(eb => [eb('seq', '+', 1).as('sequence'), sql.lit(true).as('told')]),
)

const readOne = prepare<{ kf_id: string }>()('registry.task-service.read', (db, p) =>
  db
    .selectFrom('task_service as s')
    .select(eb => sql<string>`${renderedTaskService(eb)}::text`.as('body'))
    .where('s.kf_id', '=', p.kf_id),
)

function prepareList(name: string, enabled?: boolean) {
  return prepare<PageRequest>()(`registry.task-service.${name}`, (db, p) =>
    db.selectFrom('task_service_count as c').select(eb => {
      const all = eb.ref('c.total')
      const some = enabled ? eb.ref('c.enabled') : eb('c.total', '-', eb.ref('c.enabled'))
      const rows = eb
        .selectFrom('task_service')
        .selectAll('task_service')
        .$if(enabled !== undefined, q => q.where('task_service.enabled', '=', enabled === true))
        .orderBy('created_at', 'desc')
        .orderBy('created_seq', 'desc')
        .limit(p.limit)
        .offset(p.offset)
      return [(enabled === undefined ? all : some).as('count'), listJson(rows, renderedTaskService).as('results')]
    }),
  )
}

const listAll = prepareList('list')
const listEnabled = prepareList('list-enabled', true)
const listDisabled = prepareList('list-disabled', false)

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
      const [row] = await store.write(created, { ...parametersOfChange(change), ...fields, kf_id: nextId() })
      return (row as { body: string }).body
    } catch (error) {
      // The event's key: the id was one of a service that is deleted by now.
      const taken = ['task_service_pkey', 'outbox_sequence_key'].some(key => isUniqueViolation(error, key))
      if (!taken || attempt === idTries) throw error
    }
  }
}

/** The turn of a request that changes a task service: greater than those of all that came before it. */
export async function takeTurn(store: Store): Promise<number> {
  const [row] = await store.write(turn)
  return (row as { turn: number }).turn
}

/**
 * Changes the given fields and returns the task service as JSON; undefined if there is none. A field that a request with
 * a later turn has written stays as that one wrote it.
 */
export async function updateTaskService(
  store: Store,
  kf_id: string,
  fields: Partial<TaskServiceFields>,
  { turn, ...change }: Change & { readonly turn: number },
): Promise<string | undefined> {
  const [row] = await store.write(updated, { ...parametersOfChange(change), ...fields, kf_id, turn })
  return row?.body
}

/** False if there is no such task service. */
export async function deleteTaskService(store: Store, kf_id: string, change: Change): Promise<boolean> {
  const rows = await store.write(deleted, { ...parametersOfChange(change), kf_id })
  return rows.length > 0
}

/** One task service as JSON; undefined if there is none. */
export async function readTaskService(store: Store, kf_id: string): Promise<string | undefined> {
  const [row] = await store.read(readOne, { kf_id })
  return row?.body
}

/** A page of task services as a JSON array, newest first, and how many there are; `enabled` undefined: of all. */
export async function listTaskServices(
  store: Store,
  { limit, offset }: PageRequest,
  enabled: boolean | undefined,
): Promise<RenderedPage> {
  const statement = enabled === undefined ? listAll : enabled ? listEnabled : listDisabled
  const [page] = await store.read(statement, { limit, offset })
  return page as RenderedPage
}

function parametersOfChange({ actor, traceparent, command }: Change): ChangeParameters {
  return { actor, traceparent, command: command?.id, fingerprint: command?.fingerprint }
}
