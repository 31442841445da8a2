import type { OrderKey } from '@slipway/contracts'
import { type Expression, sql } from 'kysely'
import { joined, type Kind } from './kind.ts'

/** `required`: the column is never null. */
type Relation = { readonly column: string; readonly target: string; readonly required?: true }
type Model = {
  readonly table: Kind['table']
  readonly id: string
  readonly relations: Readonly<Record<string, Relation>>
}

/** Where the relations of ordering keys are in the database; columns have the names of the keys. */
const models: Readonly<Record<string, Model>> = {
  schedule: {
    table: 'schedule',
    id: 'id',
    relations: {
      release: { column: 'release_id', target: 'release', required: true },
      sla: { column: 'sla_id', target: 'sla', required: true },
    },
  },
  sla: { table: 'sla', id: 'id', relations: {} },
  release: {
    table: 'pdc_release',
    id: 'id',
    relations: {
      release_type: { column: 'release_type', target: 'releaseType', required: true },
      base_product: { column: 'base_product_id', target: 'baseProduct' },
      product_version: { column: 'product_version_id', target: 'productVersion' },
      integrated_with: { column: 'integrated_with_id', target: 'release' },
    },
  },
  product: { table: 'product', id: 'id', relations: {} },
  productVersion: {
    table: 'product_version',
    id: 'id',
    relations: { product: { column: 'product_id', target: 'product', required: true } },
  },
  baseProduct: {
    table: 'base_product',
    id: 'id',
    relations: { release_type: { column: 'release_type', target: 'releaseType', required: true } },
  },
  releaseType: { table: 'release_type', id: 'short', relations: {} },
  changeset: { table: 'changeset', id: 'id', relations: {} },
}

export type Order = { readonly joins: Expression<unknown>; readonly by: Expression<unknown> }

/**
 * What orders the rows of a kind: its own order, or the client's keys. Every order is total, so that no row repeats or
 * vanishes between pages; the row's id follows in the direction of the last key, where an index may serve it.
 */
export function orderOf(kind: Kind, keys: readonly OrderKey[] | undefined, backwards: boolean): Order {
  if (!keys) {
    const { by, descending = false } = kind.order
    const direction = descending === backwards ? sql`asc` : sql`desc`
    return { joins: sql``, by: sql.join(by.map(column => sql`${column} ${direction}`)) }
  }
  const joins = new Map<string, Expression<unknown>>()
  const direction = (descending: boolean) => (descending === backwards ? sql`asc nulls last` : sql`desc nulls first`)
  const columns = keys.map(key => sql`${columnOf(kind, key.path, joins)} ${direction(key.descending)}`)
  const last = sql`${sql.ref(`item.${kind.tieBreak ?? 'id'}`)} ${direction(keys.at(-1)?.descending ?? false)}`
  return { joins: sql.join([...joins.values()], sql` `), by: sql.join([...columns, last]) }
}

function columnOf(kind: Kind, path: readonly string[], joins: Map<string, Expression<unknown>>): Expression<unknown> {
  let model = models[kind.resource.ordering?.model ?? ''] as Model
  let alias = 'item'
  for (const [index, name] of path.slice(0, -1).entries()) {
    const { column, target, required } = model.relations[name] as Relation
    const next = `${alias}_${name}`
    model = models[target] as Model
    const reference = sql.ref(`${alias}.${column}`)
    // The id of what is referred to stands in the row itself, where an index may have it.
    if (index === path.length - 2 && path.at(-1) === model.id) return reference
    // An outer join would keep the planner from beginning at the other side.
    const on = sql`${sql.ref(`${next}.${model.id}`)} = ${reference}`
    joins.set(next, joined(required ? 'join' : 'left join', model.table, next, on))
    alias = next
  }
  return sql.ref(`${alias}.${path.at(-1)}`)
}
