import { type Checked, complete, productEvents, productResource } from '@slipway/contracts'
import { sql } from 'kysely'
import { anyColumn, boolean, never } from '../records/filters.ts'
import { over, type StoredRow, type WriteKind } from '../records/kind.ts'
import { missingObject } from '../records/problem.ts'
import { prepare } from '../sql.ts'

export type ProductRow = StoredRow & { readonly short: string; readonly name: string }

const eb = over<'product'>()

const sameShorts = prepare<{ shorts: readonly string[] }>()('product-same-shorts', (db, p) =>
  db
    .selectFrom('product')
    .select(['id', 'seq', 'short', 'name'])
    .where('short', '=', q => q.fn.any(p.shorts)),
)

/** Push targets are not kept here, so none exists. */
export function noPushTargets(values: Partial<Record<string, unknown>>) {
  const [target] = (values.allowed_push_targets as readonly string[] | undefined) ?? []
  return target === undefined ? [] : [missingObject('allowed_push_targets', 'name', target)]
}

function mergeProduct(checked: Checked<Record<string, unknown>>, old: ProductRow | undefined) {
  const values = complete(checked, noPushTargets(checked.values)) as Partial<ProductRow>
  return { short: values.short ?? (old?.short as string), name: values.name ?? (old?.name as string) }
}

const activeBelow = eb.exists(
  eb
    .selectFrom('product_version as v')
    .innerJoin('pdc_release as r', 'r.product_version_id', 'v.id')
    .select([])
    .whereRef('v.product_id', '=', 'item.id')
    .where(q => q.ref('r.active')),
)
const versions = eb
  .selectFrom('product_version as v')
  .select('v.product_version_id')
  .whereRef('v.product_id', '=', 'item.id')
  .orderBy('v.id')

export const productKind: WriteKind<ProductRow, undefined> = {
  resource: productResource,
  noun: 'product',
  events: productEvents,
  table: 'product',
  fields: [
    eb.ref('item.name').as('name'),
    eb.ref('item.short').as('short'),
    activeBelow.as('active'),
    sql`array${versions}`.as('product_versions'),
    sql`'[]'::json`.as('allowed_push_targets'),
  ],
  filters: {
    name: anyColumn('name', eb.ref('item.name')),
    short: anyColumn('short', eb.ref('item.short')),
    active: boolean('active', activeBelow),
    allowed_push_targets: never,
  },
  order: { by: [eb.ref('item.short')] },
  related: ['product', 'productversion', 'release'],
  columns: { short: 'text', name: 'text' },
  recorded: ['name', 'short', 'allowed_push_targets'],
  keyColumn: 'short',
  keyOf: row => row.short,
  pathOf: row => row.short,
  uniqueness: [{ keyOf: row => row.short, field: 'short', message: 'product with this short already exists.' }],
  loadReferences: async () => undefined,
  merge: mergeProduct,
  loadNeighbours: (read, rows) => read(sameShorts, { shorts: rows.map(({ short }) => short) }),
}
