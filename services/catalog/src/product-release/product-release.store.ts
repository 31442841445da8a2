import { productReleaseEvents, productReleaseResource } from '@slipway/contracts'
import { parameter, recordset, rowJson } from '@slipway/store'
import { sql } from 'kysely'
import { anyColumn, anyOf, boolean, exactlyOrNull, never } from '../records/filters.ts'
import { type Filter, joined, over, type WriteKind } from '../records/kind.ts'
import { given } from '../records/problem.ts'
import { releaseTypeNames } from '../release-type/release-type.store.ts'
import { prepare } from '../sql.ts'
import { mergeRelease, type ReleaseReferences, type ReleaseRow } from './product-release.ts'

const eb = over<'pdc_release', { base: 'base_product'; version: 'product_version'; integrated: 'pdc_release' }>()
/** With what is written of the row. */
const written = over<'pdc_release', { r: 'pdc_release' }>()

/** Exactly these words; whatever else is sent, the filter counts as not given. */
const hasBaseProduct: Filter = values => {
  const value = values.at(-1)
  if (value === 'True') return { name: 'layered', where: eb('item.base_product_id', 'is not', null) }
  return value === 'False' ? { name: 'not_layered', where: eb('item.base_product_id', 'is', null) } : undefined
}

const isAlone = { name: 'alone', where: eb('item.integrated_with_id', 'is', null) }
const isIntegratedWith = eb('item.integrated_with_id', '=', q =>
  q.selectFrom('pdc_release as r').select('r.id').where('r.release_id', '=', parameter<string>('integrated_with')),
)
const integratedWith: Filter = values => {
  const value = values.at(-1) ?? ''
  if (value === '') return undefined
  if (['null', 'Null', 'NULL', 'None'].includes(value)) return isAlone
  return { name: 'integrated_with', where: isIntegratedWith, value }
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

const baseProducts = prepare<{ keys: readonly string[]; ids: readonly number[] }>()('release-base-products', (db, p) =>
  db
    .selectFrom('base_product')
    .select(['id', 'base_product_id as key'])
    .where(q => q.or([q('base_product_id', '=', q.fn.any(p.keys)), q('id', '=', q.fn.any(p.ids))])),
)
const productVersions = prepare<{ keys: readonly string[] }>()('release-product-versions', (db, p) =>
  db
    .selectFrom('product_version')
    .select(['id', 'product_version_id as key'])
    .where('product_version_id', '=', q => q.fn.any(p.keys)),
)
const releases = prepare<{ keys: readonly string[] }>()('release-releases', (db, p) =>
  db
    .selectFrom('pdc_release')
    .select(['id', 'release_id as key'])
    .where('release_id', '=', q => q.fn.any(p.keys)),
)
const neighbours = prepare<{ keys: readonly string[]; rows: string }>()('release-neighbours', (db, p) => {
  const wanted = recordset<Pick<ReleaseRow, 'short' | 'version' | 'release_type' | 'base_product_id'>>()(
    p.rows,
    'wanted',
    { short: 'text', version: 'text', release_type: 'text', base_product_id: 'bigint' },
  )
  const ofIds = db
    .selectFrom('pdc_release as r')
    .select('r.id')
    .where('r.release_id', '=', q => q.fn.any(p.keys))
  const ofBaseProducts = db
    .selectFrom(wanted)
    .innerJoin('pdc_release as r', join =>
      join
        .onRef('r.short', '=', 'wanted.short')
        .onRef('r.version', '=', 'wanted.version')
        .onRef('r.release_type', '=', 'wanted.release_type')
        .onRef('r.base_product_id', '=', 'wanted.base_product_id'),
    )
    .select('r.id')
  return db
    .selectFrom('pdc_release')
    .select(['id', 'seq', 'release_id', 'path', 'short', 'version', 'name', 'release_type', 'base_product_id'])
    .select(['product_version_id', 'integrated_with_id', 'active', 'allow_buildroot_push', 'debuginfo_services'])
    .select(['bugzilla_product', 'dist_git_branch'])
    .where('id', 'in', ofIds.unionAll(ofBaseProducts))
})

type Key = { readonly id: number; readonly key: string }

const idsByKey = (rows: readonly Key[]) => new Map(rows.map(({ id, key }) => [key, id]))

const none = sql`'[]'::json`
/** How something is called in another system; null where it is not there. */
const elsewhere = (column: 'item.bugzilla_product' | 'item.dist_git_branch', field: string) =>
  eb
    .case()
    .when(column, 'is not', null)
    .then(rowJson([eb.ref(column).as(field)]))
    .end()

export const releaseKind: WriteKind<ReleaseRow, ReleaseReferences> = {
  resource: productReleaseResource,
  noun: 'product-release',
  events: productReleaseEvents,
  table: 'pdc_release',
  fields: [
    eb.ref('item.release_id').as('release_id'),
    eb.ref('item.short').as('short'),
    eb.ref('item.version').as('version'),
    eb.ref('item.name').as('name'),
    eb.ref('base.base_product_id').as('base_product'),
    eb.ref('item.active').as('active'),
    eb.ref('version.product_version_id').as('product_version'),
    eb.ref('item.release_type').as('release_type'),
    none.as('compose_set'),
    eb.ref('integrated.release_id').as('integrated_with'),
    sql`null::text`.as('sigkey'),
    eb.ref('item.allow_buildroot_push').as('allow_buildroot_push'),
    eb.ref('item.debuginfo_services').as('allowed_debuginfo_services'),
    none.as('allowed_push_targets'),
    elsewhere('item.bugzilla_product', 'product').as('bugzilla'),
    elsewhere('item.dist_git_branch', 'branch').as('dist_git'),
  ],
  joins: [
    joined('left join', 'base_product', 'base', eb('base.id', '=', eb.ref('item.base_product_id'))),
    joined('left join', 'product_version', 'version', eb('version.id', '=', eb.ref('item.product_version_id'))),
    joined('left join', 'pdc_release', 'integrated', eb('integrated.id', '=', eb.ref('item.integrated_with_id'))),
  ],
  filters: {
    release_id: anyColumn('release_id', eb.ref('item.release_id')),
    base_product: anyOf('base_product', ids =>
      eb('item.base_product_id', 'in', q =>
        q
          .selectFrom('base_product as b')
          .select('b.id')
          .where('b.base_product_id', '=', b => b.fn.any(ids)),
      ),
    ),
    release_type: anyColumn('release_type', eb.ref('item.release_type')),
    product_version: anyOf('product_version', ids =>
      eb('item.product_version_id', 'in', q =>
        q
          .selectFrom('product_version as v')
          .select('v.id')
          .where('v.product_version_id', '=', v => v.fn.any(ids)),
      ),
    ),
    name: anyColumn('name', eb.ref('item.name')),
    short: anyColumn('short', eb.ref('item.short')),
    version: anyColumn('version', eb.ref('item.version')),
    sigkey: never,
    allowed_debuginfo_services: anyOf('services', names => sql`${eb.ref('item.debuginfo_services')} && ${names}`),
    allowed_push_targets: never,
    active: boolean('active', eb.ref('item.active')),
    allow_buildroot_push: boolean('allow_buildroot_push', eb.ref('item.allow_buildroot_push')),
    has_base_product: hasBaseProduct,
    integrated_with: integratedWith,
    bugzilla_product: exactlyOrNull('bugzilla_product', eb.ref('item.bugzilla_product')),
    dist_git_branch: exactlyOrNull('dist_git_branch', eb.ref('item.dist_git_branch')),
  },
  order: { by: [eb.ref('item.short'), eb.ref('item.version_parts'), eb.ref('item.version'), eb.ref('item.id')] },
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
    renames: {
      insert: sql.lit(0),
      update: sql`${written.ref('item.renames')} + (${written('r.release_id', '<>', written.ref('item.release_id'))})::integer`,
    },
    renamed_at: {
      insert: sql`clock_timestamp()`,
      update: written
        .case()
        .when('r.release_id', '=', written.ref('item.release_id'))
        .then(written.ref('item.renamed_at'))
        .else(sql<string>`clock_timestamp()`)
        .end(),
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
      read(baseProducts, { keys: given(bodies, 'base_product'), ids }),
      read(productVersions, { keys: given(bodies, 'product_version') }),
      read(releases, { keys: given(bodies, 'integrated_with') }),
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
    read(neighbours, { keys: rows.map(({ release_id }) => release_id), rows: JSON.stringify(rows) }),
}
