import { productReleaseEvents, productReleaseResource } from '@slipway/contracts'
import type { Statement } from '@slipway/store'
import { anyColumn, anyOf, boolean, exactlyOrNull, never } from '../records/filters.ts'
import type { Filter, WriteKind } from '../records/kind.ts'
import { given } from '../records/problem.ts'
import { releaseTypeNames } from '../release-type/release-type.store.ts'
import { mergeRelease, type ReleaseReferences, type ReleaseRow } from './product-release.ts'

/** Exactly these words; whatever else is sent, the filter counts as not given. */
const hasBaseProduct: Filter = values => {
  const value = values.at(-1)
  if (value === 'True') return { name: 'layered', sql: 'item.base_product_id is not null' }
  return value === 'False' ? { name: 'not_layered', sql: 'item.base_product_id is null' } : undefined
}

const integratedWith: Filter = values => {
  const value = values.at(-1) ?? ''
  if (value === '') return undefined
  if (['null', 'Null', 'NULL', 'None'].includes(value)) return { name: 'alone', sql: 'item.integrated_with_id is null' }
  const sql = 'item.integrated_with_id = (select r.id from pdc_release r where r.release_id = :integrated_with::text)'
  return { name: 'integrated_with', sql, value }
}

const columns = {
  release_id: 'text',
  path: 'text',
  short: 'text',
  version: 'text',
  name: 'text',
  release_type: 'text',
  base_product_id: 'bigint',
  product_version_id: 'bigint',
  integrated_with_id: 'bigint',
  active: 'boolean',
  allow_buildroot_push: 'boolean',
  debuginfo_services: 'text[]',
  bugzilla_product: 'text',
  dist_git_branch: 'text',
}

const baseProducts: Statement = {
  name: 'release-base-products',
  text: 'select id, base_product_id as key from base_product where base_product_id = any($1::text[]) or id = any($2::bigint[])',
}
const productVersions: Statement = {
  name: 'release-product-versions',
  text: 'select id, product_version_id as key from product_version where product_version_id = any($1::text[])',
}
const releases: Statement = {
  name: 'release-releases',
  text: 'select id, release_id as key from pdc_release where release_id = any($1::text[])',
}
const neighbours: Statement = {
  name: 'release-neighbours',
  text: `select id, seq, ${Object.keys(columns).join(', ')} from pdc_release where id in (
      select r.id from pdc_release r where r.release_id = any($1::text[])
      union all
      select r.id from json_to_recordset($2) as wanted(short text, version text, release_type text, base_product_id bigint)
      join pdc_release r on r.short = wanted.short and r.version = wanted.version
        and r.release_type = wanted.release_type and r.base_product_id = wanted.base_product_id
    )`,
}

type Key = { readonly id: number; readonly key: string }

const idsByKey = (rows: readonly Key[]) => new Map(rows.map(({ id, key }) => [key, id]))

export const releaseKind: WriteKind<ReleaseRow, ReleaseReferences> = {
  resource: productReleaseResource,
  noun: 'product-release',
  events: productReleaseEvents,
  table: 'pdc_release',
  fields: `
    item.release_id, item.short, item.version, item.name, base.base_product_id as base_product, item.active,
    version.product_version_id as product_version, item.release_type, '[]'::json as compose_set,
    integrated.release_id as integrated_with, null::text as sigkey, item.allow_buildroot_push,
    item.debuginfo_services as allowed_debuginfo_services, '[]'::json as allowed_push_targets,
    case when item.bugzilla_product is not null then (
      select row_to_json(b) from (select item.bugzilla_product as product) b
    ) end as bugzilla,
    case when item.dist_git_branch is not null then (
      select row_to_json(g) from (select item.dist_git_branch as branch) g
    ) end as dist_git`,
  joins: `left join base_product base on base.id = item.base_product_id
    left join product_version version on version.id = item.product_version_id
    left join pdc_release integrated on integrated.id = item.integrated_with_id`,
  filters: {
    release_id: anyColumn('release_id'),
    base_product: anyOf(
      'base_product',
      ids => `item.base_product_id in (select b.id from base_product b where b.base_product_id = any(${ids}))`,
    ),
    release_type: anyColumn('release_type'),
    product_version: anyOf(
      'product_version',
      ids => `item.product_version_id in (select v.id from product_version v where v.product_version_id = any(${ids}))`,
    ),
    name: anyColumn('name'),
    short: anyColumn('short'),
    version: anyColumn('version'),
    sigkey: never,
    allowed_debuginfo_services: anyOf('services', names => `item.debuginfo_services && ${names}`),
    allowed_push_targets: never,
    active: boolean('active', 'item.active'),
    allow_buildroot_push: boolean('allow_buildroot_push', 'item.allow_buildroot_push'),
    has_base_product: hasBaseProduct,
    integrated_with: integratedWith,
    bugzilla_product: exactlyOrNull('bugzilla_product', 'bugzilla_product'),
    dist_git_branch: exactlyOrNull('dist_git_branch', 'dist_git_branch'),
  },
  order: {
    forwards: 'item.short, item.version_parts, item.version, item.id',
    backwards: 'item.short desc, item.version_parts desc, item.version desc, item.id desc',
  },
  related: ['baseproduct', 'productversion', 'release'],
  columns,
  // As in PDC, whose mappings to other systems are objects of their own.
  recorded: productReleaseResource.fields.filter(field => field !== 'bugzilla' && field !== 'dist_git'),
  parts: {
    releasebugzillamapping: ({ release_id, bugzilla_product }) =>
      bugzilla_product === null ? undefined : { release_id, bugzilla_product },
    releasedistgitmapping: ({ release_id, dist_git_branch }) =>
      dist_git_branch === null ? undefined : { release_id, dist_git_branch },
  },
  derived: {
    renames: { insert: '0', update: 'item.renames + (r.release_id <> item.release_id)::integer' },
    renamed_at: {
      insert: 'clock_timestamp()',
      update: 'case when r.release_id = item.release_id then item.renamed_at else clock_timestamp() end',
    },
  },
  keyColumn: 'release_id',
  keyOf: row => row.release_id,
  pathOf: row => row.path,
  uniqueness: [
    {
      keyOf: ({ short, version, release_type, base_product_id }) =>
        base_product_id === null ? undefined : JSON.stringify([short, version, release_type, base_product_id]),
      message: 'The fields short, version, release_type, base_product must make a unique set.',
    },
    {
      keyOf: row => row.release_id,
      ofId: true,
      message: 'Release with this Release id already exists.',
    },
  ],
  async loadReferences(read, bodies, rows) {
    const ids = rows.map(({ base_product_id }) => base_product_id).filter(id => id !== null)
    const [bases, versions, known, releaseTypes] = await Promise.all([
      read<Key>(baseProducts, [given(bodies, 'base_product'), ids]),
      read<Key>(productVersions, [given(bodies, 'product_version')]),
      read<Key>(releases, [given(bodies, 'integrated_with')]),
      releaseTypeNames(read),
    ])
    return {
      baseProducts: idsByKey(bases),
      baseProductIds: new Map(bases.map(({ id, key }) => [id, key])),
      productVersions: idsByKey(versions),
      releases: idsByKey(known),
      releaseTypes,
    }
  },
  merge: mergeRelease,
  loadNeighbours: (read, rows) =>
    read<ReleaseRow>(neighbours, [rows.map(({ release_id }) => release_id), JSON.stringify(rows)]),
}
