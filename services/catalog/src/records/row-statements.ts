import { byShape, parametersOf } from '@slipway/store'
import { sql } from 'kysely'
import { prepare } from '../sql.ts'
import { nameOfConditions, whereOf } from './conditions.ts'
import type { Condition, StoredRow, WriteKind } from './kind.ts'
import { bodyOf, joinsOf } from './list.ts'
import { maxNamedFilters, maxShapes } from './run.ts'

const { rows, ids } = parametersOf<{ rows: string; ids: readonly number[] }>()

/** What of a kind its statements are made of. */
type Written = Pick<WriteKind, 'table' | 'fields' | 'joins' | 'columns' | 'derived'>

const names = ({ columns }: Written) => Object.keys(columns).map(name => sql.id(name))
const derivedNames = ({ derived = {} }: Written) => Object.keys(derived).map(name => sql.id(name))

/** The rows that are written, as `r`. */
function writtenRows({ columns }: Written) {
  const types = Object.entries(columns).map(([name, type]) => sql`${sql.id(name)} ${sql.raw(type)}`)
  return sql`json_to_recordset(${rows}) as r(id bigint, ${sql.join(types)})`
}

const isOneOfIds = sql`item.id = any(${ids}::bigint[])`

/** Statements over any number of rows of a kind; each is planned once a connection. */
export const reserveIds = byShape(
  ({ table }: Written) => `rows-ids-${table}`,
  (name, { table }) =>
    prepare<{ count: number }>()(
      name,
      (_db, p) => sql<{ id: number }>`select nextval(pg_get_serial_sequence(${sql.lit(table)}, 'id')) as id
        from generate_series(1, ${p.count}::integer)`,
    ),
)

export const insertRows = byShape(
  ({ table }: Written) => `rows-insert-${table}`,
  (name, kind) =>
    prepare<{ rows: string }>()(name, () => {
      const all = [sql.id('id'), ...names(kind), ...derivedNames(kind)]
      const made = Object.values(kind.derived ?? {}).map(({ insert }) => insert)
      const values = [sql.ref('r.id'), ...Object.keys(kind.columns).map(column => sql.ref(`r.${column}`)), ...made]
      return sql`insert into ${sql.table(kind.table)} (${sql.join(all)}) select ${sql.join(values)} from ${writtenRows(kind)}`
    }),
)

export const updateRows = byShape(
  ({ table }: Written) => `rows-update-${table}`,
  (name, kind) =>
    prepare<{ rows: string }>()(name, () => {
      const sets = [
        ...Object.keys(kind.columns).map(column => sql`${sql.id(column)} = ${sql.ref(`r.${column}`)}`),
        ...Object.entries(kind.derived ?? {}).map(([column, { update }]) => sql`${sql.id(column)} = ${update}`),
        sql`seq = item.seq + 1`,
      ]
      return sql`update ${sql.table(kind.table)} item set ${sql.join(sets)}
        from ${writtenRows(kind)} where item.id = r.id`
    }),
)

export const removeRows = byShape(
  ({ table }: Written) => `rows-remove-${table}`,
  (name, { table }) =>
    prepare<{ ids: readonly number[] }>()(name, () => sql`delete from ${sql.table(table)} item where ${isOneOfIds}`),
)

export const readBodies = byShape(
  ({ table }: Written) => `rows-bodies-${table}`,
  (name, kind) =>
    prepare<{ ids: readonly number[]; base: string }>()(
      name,
      () => sql<{ id: number; body: string }>`select item.id, ${bodyOf(kind)} as body
        from ${sql.table(kind.table)} item ${joinsOf(kind)} where ${isOneOfIds}`,
    ),
)

export type Locking = { readonly kind: Written; readonly keys: Condition; readonly conditions: readonly Condition[] }

/** Rows with their representations, locked until the transaction ends; in one order, so that no two wait for each other. */
export const lockRowsOf = byShape(
  ({ kind, keys, conditions }: Locking) => ['lock', kind.table, keys.name, ...nameOfConditions(conditions)].join('-'),
  (name, { kind, keys, conditions }) =>
    prepare<Readonly<Record<string, unknown>>>()(conditions.length > maxNamedFilters ? '' : name, () => {
      const columns = ['id', 'seq', ...Object.keys(kind.columns)].map(column => sql.ref(`item.${column}`))
      return sql<StoredRow & { body: string }>`select ${sql.join(columns)}, ${bodyOf(kind)} as body
        from ${sql.table(kind.table)} item ${joinsOf(kind)} ${whereOf(conditions, [keys.where])}
        order by item.id for update of item`
    }),
  { max: maxShapes },
)
