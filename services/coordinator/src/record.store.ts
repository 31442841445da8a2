import type { EventDataOf, EventType } from '@slipway/contracts'
import { byShape, type CommandParameters, type EventRow, emit, type Parameters, remember } from '@slipway/store'
import {
  type Expression,
  type ExpressionBuilder,
  expressionBuilder,
  type QueryCreator,
  type RawBuilder,
  sql,
} from 'kysely'
import type { Database } from './database.ts'
import { prepare } from './sql.ts'

export type RecordTable = 'release_note' | 'event'
export type RecordColumn = Exclude<
  keyof (Database['release_note'] & Database['event']),
  'kf_id' | 'created_at' | 'position' | 'seq'
>

/**
 * Resources that are just rows: release notes and the log. Each write is one statement that makes the change, writes
 * its event, remembers the command and answers the body.
 */
export type RecordKind<Table extends RecordTable, Type extends EventType> = {
  readonly table: Table
  readonly body: (
    eb: ExpressionBuilder<{ item: Database[Table] }, 'item'>,
    base: Expression<string>,
  ) => Expression<unknown>
  /** Events of the bus; a kind without one for a verb announces nothing. */
  readonly events: { readonly created: Type; readonly updated?: Type; readonly deleted?: Type }
  readonly data: (eb: ExpressionBuilder<{ changed: Database[Table] }, 'changed'>) => RawBuilder<EventDataOf<Type>>
}

/** Values of the columns that are written; `kf_id` is not among them. */
export type RecordValues = { readonly [Name in RecordColumn]?: string | null }
export type RecordParameters = CommandParameters &
  RecordValues & { kf_id: string; base: string; actor: string; traceparent: string | undefined }
/** What the rows of all these tables have, as they were written. */
type Row = { readonly kf_id: string; readonly seq: number }
type Changed = QueryCreator<Database & { changed: Row }>

/** The statements of a kind of rows: what they write depends on the columns that are given. */
export function recordStatements<Table extends RecordTable, Type extends EventType>(kind: RecordKind<Table, Type>) {
  const { table, events } = kind

  /** Writes the event of each changed row, where there is one to write. */
  function announce(
    db: Changed,
    p: Parameters<RecordParameters>,
    type: Type | undefined,
    sequence: RawBuilder<number>,
  ): Changed {
    if (!type) return db
    const data = kind.data(expressionBuilder<{ changed: Database[Table] }, 'changed'>())
    return db.with('announced', q => {
      const rows = q
        .selectFrom('changed')
        .select([
          'changed.kf_id as aggregate',
          sequence.as('sequence'),
          p.actor.as('actor'),
          p.traceparent.as('traceparent'),
          data.as('data'),
        ])
      return emit(q, type, sql<EventRow<Type>>`${rows}`)
    })
  }

  /** The bodies of rows, kept under the command, and returned. */
  function answer(db: Changed, p: Parameters<RecordParameters>, from: string, status: number) {
    const body = kind.body(expressionBuilder<{ item: Database[Table] }, 'item'>(), p.base)
    return db
      .with('answer', q =>
        q.selectFrom(sql<Row>`${sql.id(from)}`.as('item')).select(sql<string>`${body}::text`.as('body')),
      )
      .with('remembered', q => remember(q, p, status, q.selectFrom('answer').select('body')))
      .selectFrom('answer')
      .select('body')
  }

  const seq = sql.ref<number>('changed.seq')
  const create = byShape(
    (columns: readonly RecordColumn[]) => [`${table}.create`, ...columns].join('.'),
    (name, columns) =>
      prepare<RecordParameters>()(name, (db, p) => {
        const names = sql.join(['kf_id', ...columns].map(column => sql.ref(column)))
        const values = sql.join([p.kf_id, ...columns.map(column => p[column])])
        const made = db.with(
          'changed',
          () => sql<Row>`(insert into ${sql.table(table)} (${names}) values (${values}) returning *)`,
        )
        return answer(announce(made, p, events.created, seq), p, 'changed', 201)
      }),
  )

  // A write that changes nothing makes no event, and answers what is there.
  const update = byShape(
    (columns: readonly RecordColumn[]) => [`${table}.update`, ...columns].join('.'),
    (name, columns) =>
      prepare<RecordParameters>()(name, (db, p) => {
        const set = sql.join([...columns.map(column => sql`${sql.ref(column)} = ${p[column]}`), sql`seq = t.seq + 1`])
        const differs = columns.map(column => sql`${sql.ref(`t.${column}`)} is distinct from ${p[column]}`)
        const changes = sql.join(differs.length > 0 ? differs : [sql`false`], sql` or `)
        const changed = db
          .with('old', q =>
            q
              .selectFrom(sql<Row>`${sql.table(table)}`.as('t'))
              .selectAll()
              .where('t.kf_id', '=', p.kf_id)
              .forUpdate(),
          )
          .with(
            'changed',
            () => sql<Row>`(
              update ${sql.table(table)} t set ${set} from old where t.kf_id = old.kf_id and (${changes}) returning t.*
            )`,
          )
          .with('latest', q =>
            q
              .selectFrom('changed')
              .selectAll()
              .unionAll(
                q
                  .selectFrom('old')
                  .selectAll()
                  .where(eb => eb.not(eb.exists(eb.selectFrom('changed').select('changed.kf_id')))),
              ),
          )
        return answer(announce(changed, p, events.updated, seq), p, 'latest', 200)
      }),
  )

  const remove = prepare<RecordParameters>()(`${table}.delete`, (db, p) =>
    announce(
      db.with('changed', () => sql<Row>`(delete from ${sql.table(table)} where kf_id = ${p.kf_id} returning *)`),
      p,
      events.deleted,
      sql<number>`changed.seq + 1`,
    )
      .with('remembered', q => remember(q, p, 204, q.selectFrom('changed').select(sql.lit('').as('body'))))
      .selectFrom('changed')
      .select('changed.kf_id'),
  )

  return { create, update, remove }
}
