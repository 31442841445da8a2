import { parametersOf, type Queryable } from '@slipway/store'
import { type Expression, type SqlBool, sql } from 'kysely'
import type { Change } from '../changeset/record-changes.ts'
import { valuesOfConditions } from './conditions.ts'
import type { Condition, StoredKind, StoredRow } from './kind.ts'
import { urlOfList } from './list.ts'
import { lockRowsOf, readBodies } from './row-statements.ts'
import { pick } from './shape.ts'

/** A row and how it is shown. */
export type Stored<Row> = { readonly row: Row; readonly body: string }

type Key = string | number
/** The keys of rows that are locked. */
export const { keys: keysParameter } = parametersOf<{ keys: readonly number[] }>()

/** Locks the rows of some keys, as far as they are there and the conditions let them through. */
export async function lockRows<Row extends StoredRow>(
  tx: Queryable,
  kind: StoredKind<Row>,
  keys: readonly Key[],
  base: string,
  conditions: readonly Condition[] = [],
): Promise<Stored<Row>[]> {
  const type = kind.resource.key === 'id' ? sql`bigint[]` : sql`text[]`
  const where = sql<SqlBool>`${sql.ref(`item.${kind.keyColumn}`)} = any(${keysParameter}::${type})`
  return lockWhere(tx, kind, { name: 'key', where }, keys, base, conditions)
}

/** Locks the rows of a kind that a condition over the parameter `keys` chooses. */
export async function lockWhere<Row extends StoredRow>(
  tx: Queryable,
  kind: StoredKind<Row>,
  chosen: { readonly name: string; readonly where: Expression<SqlBool> },
  keys: readonly Key[],
  base: string,
  conditions: readonly Condition[] = [],
): Promise<Stored<Row>[]> {
  const statement = lockRowsOf({ kind, keys: chosen, conditions })
  const rows = await tx.query(statement, { ...valuesOfConditions(conditions), keys, base })
  return rows.map(({ body, ...row }) => ({ row: row as unknown as Row, body }))
}

/** How rows are shown after a change, by id. */
export async function bodiesOf<Row extends StoredRow>(
  tx: Queryable,
  kind: StoredKind<Row>,
  ids: readonly number[],
  base: string,
): Promise<Map<number, string>> {
  if (ids.length === 0) return new Map()
  const rows = await tx.query(readBodies(kind), { ids, base })
  return new Map(rows.map(({ id, body }) => [id, body]))
}

/** The change of one row, for the changeset and the event; undefined if it looks as it did. */
export function changeOf<Row extends StoredRow>(
  kind: StoredKind<Row>,
  before: Stored<Row> | undefined,
  after: Stored<Row> | undefined,
  base: string,
): Change | undefined {
  const row = after?.row ?? before?.row
  if (!row || before?.body === after?.body) return undefined
  const recorded = new Set(kind.recorded)
  const kept = (stored: Stored<Row> | undefined) =>
    stored && { body: stored.body, recorded: JSON.stringify(pick(JSON.parse(stored.body), recorded)) }
  return {
    model: kind.resource.model,
    id: row.id,
    sequence: before ? before.row.seq + 1 : 1,
    type: kind.events[before ? (after ? 'changed' : 'removed') : 'added'],
    url: after ? `${urlOfList(base, kind)}${kind.pathOf(row)}/` : null,
    before: kept(before),
    after: kept(after),
    parts: Object.entries(kind.parts ?? {}).map(([model, part]) => ({
      model,
      before: JSON.stringify((before && part(before.row)) ?? null),
      after: JSON.stringify((after && part(after.row)) ?? null),
    })),
  }
}
