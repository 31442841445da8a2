import type { OrderKey } from '@slipway/contracts'
import type { Kind } from './kind.ts'

/** `required`: the column is never null. */
type Relation = { readonly column: string; readonly target: string; readonly required?: true }
type Model = { readonly table: string; readonly id: string; readonly relations: Readonly<Record<string, Relation>> }

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

export type Order = { readonly joins: string; readonly by: string }

/**
 * SQL that orders the rows of a kind: by its own order, or by the client's keys. Every order is total, so that no row
 * repeats or vanishes between pages; the row's id follows in the direction of the last key, where an index may serve it.
 */
export function orderOf(kind: Kind, keys: readonly OrderKey[] | undefined, backwards: boolean): Order {
  if (!keys) return { joins: '', by: backwards ? kind.order.backwards : kind.order.forwards }
  const joins = new Map<string, string>()
  const direction = (descending: boolean) => (descending === backwards ? 'asc nulls last' : 'desc nulls first')
  const columns = keys.map(key => `${columnOf(kind, key.path, joins)} ${direction(key.descending)}`)
  const last = `item.${kind.tieBreak ?? 'id'} ${direction(keys.at(-1)?.descending ?? false)}`
  return { joins: [...joins.values()].join(' '), by: [...columns, last].join(', ') }
}

function columnOf(kind: Kind, path: readonly string[], joins: Map<string, string>): string {
  let model = models[kind.resource.ordering?.model ?? ''] as Model
  let alias = 'item'
  for (const [index, name] of path.slice(0, -1).entries()) {
    const { column, target, required } = model.relations[name] as Relation
    const next = `${alias}_${name}`
    model = models[target] as Model
    // The id of what is referred to stands in the row itself, where an index may have it.
    if (index === path.length - 2 && path.at(-1) === model.id) return `${alias}.${column}`
    // An outer join would keep the planner from beginning at the other side.
    const join = required ? 'join' : 'left join'
    joins.set(next, `${join} ${model.table} ${next} on ${next}.${model.id} = ${alias}.${column}`)
    alias = next
  }
  return `${alias}.${path.at(-1)}`
}
