import { type Checked, complete, productEvents, productResource } from '@slipway/contracts'
import type { Statement } from '@slipway/store'
import { anyColumn, boolean, never } from '../records/filters.ts'
import type { StoredRow, WriteKind } from '../records/kind.ts'
import { missingObject } from '../records/problem.ts'

export type ProductRow = StoredRow & { readonly short: string; readonly name: string }

const sameShorts: Statement = {
  name: 'product-same-shorts',
  text: 'select id, seq, short, name from product where short = any($1::text[])',
}

/** Push targets are not kept here, so none exists. */
export function noPushTargets(values: Partial<Record<string, unknown>>) {
  const [target] = (values.allowed_push_targets as readonly string[] | undefined) ?? []
  return target === undefined ? [] : [missingObject('allowed_push_targets', 'name', target)]
}

function mergeProduct(checked: Checked<Record<string, unknown>>, old: ProductRow | undefined) {
  const values = complete(checked, noPushTargets(checked.values)) as Partial<ProductRow>
  return { short: values.short ?? (old?.short as string), name: values.name ?? (old?.name as string) }
}

const activeBelow = `exists (
  select from product_version v join pdc_release r on r.product_version_id = v.id
  where v.product_id = item.id and r.active)`

export const productKind: WriteKind<ProductRow, undefined> = {
  resource: productResource,
  noun: 'product',
  events: productEvents,
  table: 'product',
  fields: `item.name, item.short, ${activeBelow} as active,
    array(select v.product_version_id from product_version v where v.product_id = item.id order by v.id)
      as product_versions,
    '[]'::json as allowed_push_targets`,
  filters: {
    name: anyColumn('name'),
    short: anyColumn('short'),
    active: boolean('active', activeBelow),
    allowed_push_targets: never,
  },
  order: { forwards: 'item.short', backwards: 'item.short desc' },
  related: ['product', 'productversion', 'release'],
  columns: { short: 'text', name: 'text' },
  recorded: ['name', 'short', 'allowed_push_targets'],
  keyColumn: 'short',
  keyOf: row => row.short,
  pathOf: row => row.short,
  uniqueness: [{ keyOf: row => row.short, field: 'short', message: 'product with this short already exists.' }],
  loadReferences: async () => undefined,
  merge: mergeProduct,
  loadNeighbours: (read, rows) => read<ProductRow>(sameShorts, [rows.map(({ short }) => short)]),
}
