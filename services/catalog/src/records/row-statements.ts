import { type NamedStatement, namedStatement } from '@slipway/store'
import { whereOf } from './conditions.ts'
import type { Condition, StoredRow, WriteKind } from './kind.ts'
import { bodyOf } from './list.ts'

/** Statements over any number of rows of a kind; each is planned once a connection. */
export type RowStatements = Readonly<Record<'ids' | 'insert' | 'update' | 'remove' | 'bodies', NamedStatement>>

const known = new WeakMap<object, RowStatements>()

export function statementsOf<Row extends StoredRow>(kind: WriteKind<Row, never> | WriteKind<Row>): RowStatements {
  const statements = known.get(kind) ?? makeStatements(kind as WriteKind<Row>)
  known.set(kind, statements)
  return statements
}

function makeStatements<Row extends StoredRow>(kind: WriteKind<Row>): RowStatements {
  const { table, columns, derived = {}, joins = '' } = kind
  const names = Object.keys(columns)
  const types = names.map(name => `${name} ${columns[name]}`).join(', ')
  const extra = Object.keys(derived)
  const sets = [
    ...names.map(name => `${name} = r.${name}`),
    ...extra.map(name => `${name} = ${derived[name]?.update}`),
    'seq = item.seq + 1',
  ]
  return {
    ids: namedStatement(
      `rows-ids-${table}`,
      `select nextval(pg_get_serial_sequence('${table}', 'id')) as id from generate_series(1, :count::integer)`,
    ),
    insert: namedStatement(
      `rows-insert-${table}`,
      `insert into ${table} (id, ${[...names, ...extra].join(', ')})
      select r.id, ${[...names.map(name => `r.${name}`), ...extra.map(name => derived[name]?.insert)].join(', ')}
      from json_to_recordset(:rows) as r(id bigint, ${types})`,
    ),
    update: namedStatement(
      `rows-update-${table}`,
      `update ${table} item set ${sets.join(', ')}
      from json_to_recordset(:rows) as r(id bigint, ${types}) where item.id = r.id`,
    ),
    remove: namedStatement(`rows-remove-${table}`, `delete from ${table} where id = any(:ids::bigint[])`),
    bodies: namedStatement(
      `rows-bodies-${table}`,
      `select item.id, ${bodyOf(kind)} as body from ${table} item ${joins} where item.id = any(:ids::bigint[])`,
    ),
  }
}

/** Rows with their representations, locked until the transaction ends; in one order, so that no two wait for each other. */
export function lockText<Row extends StoredRow>(
  kind: WriteKind<Row, never> | WriteKind<Row>,
  conditions: readonly Condition[],
  keys: string,
): string {
  const names = ['id', 'seq', ...Object.keys(kind.columns)].map(name => `item.${name}`)
  return `select ${names.join(', ')}, ${bodyOf(kind as WriteKind<Row>)} as body
    from ${kind.table} item ${kind.joins ?? ''} ${whereOf(conditions, [keys])}
    order by item.id for update of item`
}
