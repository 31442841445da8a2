import { baseProductEvents, baseProductResource, type Checked, complete } from '@slipway/contracts'
import { recordset } from '@slipway/store'
import { releaseId } from '../product-release/release-id.ts'
import { anyColumn } from '../records/filters.ts'
import { over, type StoredRow, type WriteKind } from '../records/kind.ts'
import { notAChoice } from '../records/problem.ts'
import { urlSegment } from '../records/url-segment.ts'
import { releaseTypeNames } from '../release-type/release-type.store.ts'
import { prepare } from '../sql.ts'

type Fields = {
  readonly short: string
  readonly version: string
  readonly name: string
  readonly release_type: string
}
export type BaseProductRow = StoredRow & Fields & { readonly base_product_id: string; readonly path: string }

const columns = {
  base_product_id: 'text',
  path: 'text',
  short: 'text',
  version: 'text',
  name: 'text',
  release_type: 'text',
}

const eb = over<'base_product'>()

const neighbours = prepare<{ ids: readonly string[]; rows: string }>()('base-product-neighbours', (db, p) => {
  const wanted = recordset<Omit<Fields, 'short'>>()(p.rows, 'wanted', {
    name: 'text',
    version: 'text',
    release_type: 'text',
  })
  const ofIds = db
    .selectFrom('base_product as b')
    .select('b.id')
    .where('b.base_product_id', '=', q => q.fn.any(p.ids))
  const ofNames = db
    .selectFrom(wanted)
    .innerJoin('base_product as b', join =>
      join
        .onRef('b.name', '=', 'wanted.name')
        .onRef('b.version', '=', 'wanted.version')
        .onRef('b.release_type', '=', 'wanted.release_type'),
    )
    .select('b.id')
  return db
    .selectFrom('base_product')
    .select(['id', 'seq', 'base_product_id', 'path', 'short', 'version', 'name', 'release_type'])
    .where('id', 'in', ofIds.unionAll(ofNames))
})

/** The row that a body makes, its id included. @throws `invalid` */
function mergeBaseProduct(
  checked: Checked<Record<string, unknown>>,
  old: BaseProductRow | undefined,
  releaseTypes: readonly string[],
): Omit<BaseProductRow, keyof StoredRow> {
  const { release_type: type } = checked.values as Partial<Fields>
  const unknownType = type !== undefined && !releaseTypes.includes(type)
  const values = complete(
    checked,
    unknownType ? [notAChoice('release_type', type, releaseTypes)] : [],
  ) as Partial<Fields>
  const short = values.short ?? (old?.short as string)
  const version = values.version ?? (old?.version as string)
  const release_type = values.release_type ?? (old?.release_type as string)
  const base_product_id = releaseId(short, version, release_type)
  const name = values.name ?? (old?.name as string)
  return { base_product_id, path: urlSegment(base_product_id), short, version, name, release_type }
}

export const baseProductKind: WriteKind<BaseProductRow, readonly string[]> = {
  resource: baseProductResource,
  noun: 'base-product',
  events: baseProductEvents,
  table: 'base_product',
  fields: [
    eb.ref('item.base_product_id').as('base_product_id'),
    eb.ref('item.short').as('short'),
    eb.ref('item.version').as('version'),
    eb.ref('item.name').as('name'),
    eb.ref('item.release_type').as('release_type'),
  ],
  filters: {
    short: anyColumn('short', eb.ref('item.short')),
    version: anyColumn('version', eb.ref('item.version')),
    name: anyColumn('name', eb.ref('item.name')),
    base_product_id: anyColumn('base_product_id', eb.ref('item.base_product_id')),
  },
  order: { by: [eb.ref('item.id')] },
  related: ['baseproduct'],
  columns,
  recorded: baseProductResource.fields,
  keyColumn: 'base_product_id',
  keyOf: row => row.base_product_id,
  pathOf: row => row.path,
  uniqueness: [
    {
      keyOf: ({ short, version, release_type }) => JSON.stringify([short, version, release_type]),
      message: 'The fields short, version, release_type must make a unique set.',
    },
    {
      keyOf: ({ name, version, release_type }) => JSON.stringify([name, version, release_type]),
      message: 'The fields name, version, release_type must make a unique set.',
    },
    {
      keyOf: row => row.base_product_id,
      ofId: true,
      message: 'Base product with this Base product id already exists.',
    },
  ],
  loadReferences: read => releaseTypeNames(read),
  merge: mergeBaseProduct,
  loadNeighbours: (read, rows) =>
    read(neighbours, { ids: rows.map(({ base_product_id }) => base_product_id), rows: JSON.stringify(rows) }),
}
