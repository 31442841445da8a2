import { type Checked, complete, type ErrorDetail } from '@slipway/contracts'
import type { Given, StoredRow } from '../records/kind.ts'
import { missingObject, notAChoice } from '../records/problem.ts'
import { urlSegment } from '../records/url-segment.ts'
import { releaseId } from './release-id.ts'

/** Services that may take debug information; PDC is delivered with these. */
export const debuginfoServices = ['rhn', 'pulp', 'ftp'] as const

export type ReleaseRow = StoredRow & {
  readonly release_id: string
  readonly path: string
  readonly short: string
  readonly version: string
  readonly name: string
  readonly release_type: string
  readonly base_product_id: number | null
  readonly product_version_id: number | null
  readonly integrated_with_id: number | null
  readonly active: boolean
  readonly allow_buildroot_push: boolean
  readonly debuginfo_services: readonly string[]
  readonly bugzilla_product: string | null
  readonly dist_git_branch: string | null
}

/** What a batch of releases refers to. */
export type ReleaseReferences = {
  /** Ids of base products by number, and the other way round. */
  readonly baseProducts: ReadonlyMap<string, number>
  readonly baseProductIds: ReadonlyMap<number, string>
  readonly productVersions: ReadonlyMap<string, number>
  /** Releases by their ids; those that the batch makes or renames are entered as it goes. */
  readonly releases: Map<string, number>
  readonly releaseTypes: readonly string[]
}

/** A body, read. Of PATCH, only what was given. */
type Values = {
  readonly short: string
  readonly version: string
  readonly name: string
  readonly base_product: string | null
  readonly active: boolean
  readonly product_version: string | null
  readonly release_type: string
  readonly integrated_with: string | null
  readonly sigkey: string | null
  readonly allow_buildroot_push: boolean
  readonly allowed_debuginfo_services: readonly string[]
  readonly allowed_push_targets: readonly string[]
  readonly bugzilla: string | null
  readonly dist_git: string | null
}

/** The row that a body makes, its id included: that follows from the other fields. @throws `invalid` */
export function mergeRelease(
  checked: Checked<Record<string, unknown>>,
  old: ReleaseRow | undefined,
  references: ReleaseReferences,
  _given: Given,
  id: number,
): Omit<ReleaseRow, keyof StoredRow> {
  const { baseProducts, baseProductIds, productVersions, releases } = references
  const values = complete(checked, brokenReferences(checked.values, references)) as Partial<Values>
  const kept = <Value>(given: Value | undefined, before: Value | undefined) =>
    (given === undefined ? before : given) as Value
  const reference = (given: string | null | undefined, ids: ReadonlyMap<string, number>, before?: number | null) =>
    given === undefined ? (before ?? null) : given === null ? null : (ids.get(given) as number)

  const short = kept(values.short, old?.short)
  const version = kept(values.version, old?.version)
  const release_type = kept(values.release_type, old?.release_type)
  const base_product_id = reference(values.base_product, baseProducts, old?.base_product_id)
  const base = base_product_id === null ? undefined : baseProductIds.get(base_product_id)
  const release_id = releaseId(short, version, release_type, base)
  if (old && old.release_id !== release_id) releases.delete(old.release_id)
  releases.set(release_id, id)
  return {
    release_id,
    path: urlSegment(release_id),
    short,
    version,
    name: kept(values.name, old?.name),
    release_type,
    base_product_id,
    product_version_id: reference(values.product_version, productVersions, old?.product_version_id),
    integrated_with_id: reference(values.integrated_with, releases, old?.integrated_with_id),
    active: kept(values.active, old?.active),
    allow_buildroot_push: kept(values.allow_buildroot_push, old?.allow_buildroot_push),
    debuginfo_services: kept(values.allowed_debuginfo_services, old?.debuginfo_services),
    bugzilla_product: kept(values.bugzilla, old?.bugzilla_product),
    dist_git_branch: kept(values.dist_git, old?.dist_git_branch),
  }
}

function brokenReferences(values: Partial<Record<string, unknown>>, references: ReleaseReferences): ErrorDetail[] {
  const { baseProducts, productVersions, releases, releaseTypes } = references
  const given = values as Partial<Values>
  const problems: ErrorDetail[] = []
  const check = (field: keyof Values, slug: string, known: ReadonlyMap<string, number>) => {
    const value = given[field]
    if (typeof value === 'string' && !known.has(value)) problems.push(missingObject(field, slug, value))
  }
  check('base_product', 'base_product_id', baseProducts)
  check('product_version', 'product_version_id', productVersions)
  const { release_type } = given
  if (release_type !== undefined && !releaseTypes.includes(release_type)) {
    problems.push(notAChoice('release_type', release_type, releaseTypes))
  }
  check('integrated_with', 'release_id', releases)
  check('sigkey', 'key_id', new Map())
  const service = given.allowed_debuginfo_services?.find(name => !debuginfoServices.some(known => known === name))
  if (service !== undefined) problems.push(missingObject('allowed_debuginfo_services', 'name', service))
  const target = given.allowed_push_targets?.[0]
  if (target !== undefined) problems.push(missingObject('allowed_push_targets', 'name', target))
  return problems
}
