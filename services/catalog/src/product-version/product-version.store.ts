import { type Checked, complete, productVersionEvents, productVersionResource } from '@slipway/contracts'
import { sql } from 'kysely'
import { noPushTargets } from '../product/product.store.ts'
import { productVersionId } from '../product-release/release-id.ts'
import { anyColumn, boolean, never } from '../records/filters.ts'
import { type Given, joined, over, type StoredRow, type WriteKind } from '../records/kind.ts'
import { given, missingObject } from '../records/problem.ts'
import { urlSegment } from '../records/url-segment.ts'
import { prepare } from '../sql.ts'

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

const eb = over<'product_version', { product: 'product' }>()

const products = prepare<{ shorts: readonly string[] }>()('product-version-products', (db, p) =>
  db
    .selectFrom('product')
    .select(['id', 'short'])
    .where('short', '=', q => q.fn.any(p.shorts)),
)
const neighbours = prepare<{ ids: readonly string[] }>()('product-version-neighbours', (db, p) =>
  db
    .selectFrom('product_version')
    .select(['id', 'seq', 'product_version_id', 'path', 'product_id', 'short', 'version', 'name'])
    .where('product_version_id', '=', q => q.fn.any(p.ids)),
)

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

const releases = eb.selectFrom('pdc_release as r').whereRef('r.product_version_id', '=', 'item.id')
const activeBelow = eb.exists(releases.select([]).where(q => q.ref('r.active')))
const releaseIds = releases
  .select('r.release_id')
  .orderBy('r.short')
  .orderBy('r.version_parts')
  .orderBy('r.version')
  .orderBy('r.id')

export const productVersionKind: WriteKind<ProductVersionRow, Products> = {
  resource: productVersionResource,
  noun: 'product-version',
  events: productVersionEvents,
  table: 'product_version',
  fields: [
    eb.ref('item.name').as('name'),
    eb.ref('item.short').as('short'),
    eb.ref('item.version').as('version'),
    activeBelow.as('active'),
    eb.ref('item.product_version_id').as('product_version_id'),
    eb.ref('product.short').as('product'),
    sql`array${releaseIds}`.as('releases'),
    sql`'[]'::json`.as('allowed_push_targets'),
  ],
  joins: [joined('join', 'product', 'product', eb('product.id', '=', eb.ref('item.product_id')))],
  filters: {
    name: anyColumn('name', eb.ref('item.name')),
    product_version_id: anyColumn('product_version_id', eb.ref('item.product_version_id')),
    version: anyColumn('version', eb.ref('item.version')),
    short: anyColumn('short', eb.ref('item.short')),
    active: boolean('active', activeBelow),
    allowed_push_targets: never,
  },
  order: { by: [eb.ref('item.id')] },
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
    const rows = await read(products, { shorts: given(bodies, 'product') })
    return new Map(rows.map(({ id, short }) => [short, id]))
  },
  merge: mergeProductVersion,
  // Rows of one short name and version have one id, too.
  loadNeighbours: (read, rows) => read(neighbours, { ids: rows.map(({ product_version_id }) => product_version_id) }),
}
