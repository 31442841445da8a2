import { baseProductEvents, baseProductResource, type Checked, complete } from '@slipway/contracts'
import type { Statement } from '@slipway/store'
import { releaseId } from '../product-release/release-id.ts'
import { anyColumn } from '../records/filters.ts'
import type { StoredRow, WriteKind } from '../records/kind.ts'
import { notAChoice } from '../records/problem.ts'
import { urlSegment } from '../records/url-segment.ts'
import { releaseTypeNames } from '../release-type/release-type.store.ts'

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

const neighbours: Statement = {
  name: 'base-product-neighbours',
  text: `select id, seq, ${Object.keys(columns).join(', ')} from base_product where id in (
      select b.id from base_product b where b.base_product_id = any($1::text[])
      union all
      select b.id from json_to_recordset($2) as wanted(name text, version text, release_type text)
      join base_product b on b.name = wanted.name and b.version = wanted.version
        and b.release_type = wanted.release_type
    )`,
}

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
  fields: 'item.base_product_id, item.short, item.version, item.name, item.release_type',
  filters: {
    short: anyColumn('short'),
    version: anyColumn('version'),
    name: anyColumn('name'),
    base_product_id: anyColumn('base_product_id'),
  },
  order: { forwards: 'item.id', backwards: 'item.id desc' },
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
    read<BaseProductRow>(neighbours, [rows.map(({ base_product_id }) => base_product_id), JSON.stringify(rows)]),
}
