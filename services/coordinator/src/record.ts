import type { Answer, CallContext } from '@slipway/bus'
import { type EventType, failure, type IdPrefix, newId, type Operation } from '@slipway/contracts'
import { commandOf } from '@slipway/service'
import {
  commandColumns,
  isUniqueViolation,
  type NamedStatement,
  namedStatement,
  outboxColumns,
  type Store,
  valuesOf,
} from '@slipway/store'
import type { Database } from './database.ts'

/**
 * Resources that are just rows: release notes and the log. Each write is one statement that makes the change, writes
 * its event, remembers the command and answers the body.
 */
export type RecordKind = {
  readonly table: 'release_note' | 'event'
  /** Select list of the body; `item` is the row, `:base` the base URL. */
  readonly fields: string
  /** Events of the bus; a kind without one for a verb announces nothing. */
  readonly events: { readonly created: EventType; readonly updated?: EventType; readonly deleted?: EventType }
  /** SQL of the events' data; `row` is the row. */
  readonly data: string
}

/** Values of the columns; `kf_id` is not among them. */
type Values = Readonly<Record<string, string | null>>
type Body = { readonly body: string }

/** A random id can be taken already. */
const attempts = 3

function announce(kind: RecordKind, type: EventType | undefined, sequence = 'row.seq'): string {
  if (!type) return ''
  return `, told as (
    insert into platform.outbox (${outboxColumns})
    select '${type.noun}', '${type.verb}', row.kf_id, ${sequence}, :actor, :traceparent, ${kind.data} from row
  )`
}

function answer(kind: RecordKind, from: string, status: number): string {
  return `, answer as (
    select (select row_to_json(f) from (select ${kind.fields}) f)::text as body from ${from} item
  ), remembered as (
    insert into platform.command (${commandColumns})
    select :command, :fingerprint, ${status}, '{}', body from answer where :command::text is not null
  )
  select body from answer`
}

function createStatement(kind: RecordKind, columns: readonly string[]): NamedStatement {
  const { table, events } = kind
  return namedStatement(
    `${table}-create`,
    `with row as (
      insert into ${table} (kf_id, ${columns.join(', ')})
      values (:kf_id, ${columns.map(column => `:${column}`).join(', ')})
      returning *
    )${announce(kind, events.created)}${answer(kind, 'row', 201)}`,
  )
}

/** A write that changes nothing makes no event, and answers what is there. */
function updateStatement(kind: RecordKind, columns: readonly string[]): NamedStatement {
  const { table, events } = kind
  const sets = [...columns.map(column => `${column} = :${column}`), 'seq = t.seq + 1'].join(', ')
  const differs = columns.map(column => `t.${column} is distinct from :${column}`).join(' or ') || 'false'
  return namedStatement(
    `${table}-update-${columns.join('-')}`,
    `with old as (
      select * from ${table} where kf_id = :kf_id for update
    ), row as (
      update ${table} t set ${sets} from old where t.kf_id = old.kf_id and (${differs}) returning t.*
    ), latest as (
      select * from row union all select * from old where not exists (select from row)
    )${announce(kind, events.updated)}${answer(kind, 'latest', 200)}`,
  )
}

function deleteStatement(kind: RecordKind): NamedStatement {
  const { table, events } = kind
  return namedStatement(
    `${table}-delete`,
    `with row as (
      delete from ${table} where kf_id = :kf_id returning *
    )${announce(kind, events.deleted, 'row.seq + 1')}, remembered as (
      insert into platform.command (${commandColumns})
      select :command, :fingerprint, 204, '{}', '' from row where :command::text is not null
    )
    select kf_id from row`,
  )
}

/** One write: the operation with its input and context, and its author. */
export type Write = {
  readonly operation: Operation
  readonly input: unknown
  readonly context: CallContext
  readonly actor: string
}

/** Writes rows of one kind. `update` and `delete` throw `not_found`. */
export type RecordWriter = {
  create(prefix: IdPrefix, values: Values, by: Write): Promise<Answer<never>>
  update(id: string, values: Values, by: Write): Promise<Answer<never>>
  delete(id: string, by: Write): Promise<Answer<never>>
}

export function recordWriter(store: Store<Database>, kind: RecordKind): RecordWriter {
  const known = new Map<string, NamedStatement>()

  async function run<Row>(
    make: (columns: readonly string[]) => NamedStatement,
    id: string,
    values: Values,
    { operation, input, context, actor }: Write,
  ): Promise<Row[]> {
    const columns = Object.keys(values)
    const key = `${make.name} ${columns}`
    const statement = known.get(key) ?? make(columns)
    known.set(key, statement)
    const command = commandOf(operation, input, context)
    const given = {
      base: context.baseUrl,
      actor,
      traceparent: context.traceparent,
      command: command?.id,
      fingerprint: command?.fingerprint,
      kf_id: id,
      ...values,
    }
    return store.write<Row>(statement.statement, valuesOf(statement, given))
  }

  const creating = (columns: readonly string[]) => createStatement(kind, columns)
  const updating = (columns: readonly string[]) => updateStatement(kind, columns)
  const deleting = () => deleteStatement(kind)

  return {
    async create(prefix, values, by) {
      for (let attempt = 1; ; attempt += 1) {
        try {
          const rows = await run<Body>(creating, newId(prefix), values, by)
          return { status: 201, body: rawBody(rows) }
        } catch (error) {
          if (!isUniqueViolation(error, `${kind.table}_pkey`) || attempt >= attempts) throw error
        }
      }
    },
    async update(id, values, by) {
      return { body: rawBody(await run<Body>(updating, id, values, by)) }
    },
    async delete(id, by) {
      if ((await run(deleting, id, {}, by)).length === 0) throw failure('not_found', 'Not found.')
      return { status: 204 }
    },
  }
}

function rawBody([row]: readonly Body[]): never {
  if (!row) throw failure('not_found', 'Not found.')
  return { raw: row.body } as never
}
