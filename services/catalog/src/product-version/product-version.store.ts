import { type Checked, complete, productVersionEvents, productVersionResource } from '@slipway/contracts'
import type { Statement } from '@slipway/store'
import { noPushTargets } from '../product/product.store.ts'
import { productVersionId } from '../product-release/release-id.ts'
import { anyColumn, boolean, never } from '../records/filters.ts'
import type { Given, StoredRow, WriteKind } from '../records/kind.ts'
import { given, missingObject } from '../records/problem.ts'
import { urlSegment } from '../records/url-segment.ts'

export type ProductVersionRow = StoredRow & {
  readonly product_version_id: string
  readonly path: string
  readonly product_id: number
  readonly short: string
  readonly version: string
  readonly name: string
}

type Products = ReadonlyMap<string, number>
type Values = { readonly name: string; readonly short: string; readonly version: string; readonly product: string }

const columns = {
  product_version_id: 'text',
  path: 'text',
  product_id: 'bigint',
  short: 'text',
  version: 'text',
  name: 'text',
}

const products: Statement = {
  name: 'product-version-products',
  text: 'select id, short from product where short = any($1::text[])',
}
const neighbours: Statement = {
  name: 'product-version-neighbours',
  text: `select id, seq, ${Object.keys(columns).join(', ')} from product_version where product_version_id = any($1::text[])`,
}

/** The short name is the product's, unless it is given; PATCH leaves it alone. @throws `invalid` */
function mergeProductVersion(
  checked: Checked<Record<string, unknown>>,
  old: ProductVersionRow | undefined,
  known: Products,
  how: Given,
): Omit<ProductVersionRow, keyof StoredRow> {
  const { product } = checked.values as Partial<Values>
  const missing = product !== undefined && !known.has(product) ? [missingObject('product', 'short', product)] : []
  const values = complete(checked, [...missing, ...noPushTargets(checked.values)]) as Partial<Values>
  const short = values.short ?? (how === 'all' ? (product as string) : (old?.short as string))
  const version = values.version ?? (old?.version as string)
  const product_version_id = productVersionId(short, version)
  return {
    product_version_id,
    path: urlSegment(product_version_id),
    product_id: product === undefined ? (old?.product_id as number) : (known.get(product) as number),
    short,
    version,
    name: values.name ?? (old?.name as string),
  }
}

const activeBelow = 'exists (select from pdc_release r where r.product_version_id = item.id and r.active)'

export const productVersionKind: WriteKind<ProductVersionRow, Products> = {
  resource: productVersionResource,
  noun: 'product-version',
  events: productVersionEvents,
  table: 'product_version',
  fields: `item.name, item.short, item.version, ${activeBelow} as active, item.product_version_id,
    product.short as product,
    array(
      select r.release_id from pdc_release r where r.product_version_id = item.id
      order by r.short, r.version_parts, r.version, r.id
    ) as releases,
    '[]'::json as allowed_push_targets`,
  joins: 'join product on product.id = item.product_id',
  filters: {
    name: anyColumn('name'),
    product_version_id: anyColumn('product_version_id'),
    version: anyColumn('version'),
    short: anyColumn('short'),
    active: boolean('active', activeBelow),
    allowed_push_targets: never,
  },
  order: { forwards: 'item.id', backwards: 'item.id desc' },
  columns,
  recorded: ['name', 'short', 'version', 'product_version_id', 'product', 'allowed_push_targets'],
  keyColumn: 'product_version_id',
  keyOf: row => row.product_version_id,
  pathOf: row => row.path,
  uniqueness: [
    {
      keyOf: ({ short, version }) => JSON.stringify([short, version]),
      message: 'The fields short, version must make a unique set.',
    },
    {
      keyOf: row => row.product_version_id,
      ofId: true,
      message: 'Product version with this Product version id already exists.',
    },
  ],
  async loadReferences(read, bodies) {
    const rows = await read<{ id: number; short: string }>(products, [given(bodies, 'product')])
    return new Map(rows.map(({ id, short }) => [short, id]))
  },
  merge: mergeProductVersion,
  // Rows of one short name and version have one id, too.
  loadNeighbours: (read, rows) =>
    read<ProductVersionRow>(neighbours, [rows.map(({ product_version_id }) => product_version_id)]),
}
