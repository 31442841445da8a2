import { z } from 'zod'
import { pdcLists } from './operations.ts'
import type { PdcResource } from './resource.ts'

export const releaseTypeSchema = z
  .object({ short: z.string(), name: z.string(), suffix: z.string() })
  .meta({ id: 'PdcReleaseType', description: 'A kind of releases, told by the end of their ids' })

export const releaseTypeResource = {
  segment: 'release-types',
  model: 'releasetype',
  key: 'short',
  fields: Object.keys(releaseTypeSchema.shape),
  body: {},
  filters: ['name', 'short'],
  ordering: { model: 'releaseType' },
} as const satisfies PdcResource

export const releaseTypeOperations = pdcLists('release-type', 'types of releases', releaseTypeSchema)

/** The client of PDC lists the variants of a release when it shows one. Composes are not kept here: there are none. */
export const releaseVariantResource = {
  segment: 'release-variants',
  model: 'variant',
  key: 'uid',
  fields: [
    'release',
    'id',
    'uid',
    'name',
    'type',
    'arches',
    'variant_version',
    'variant_release',
    'allowed_push_targets',
  ],
  body: {},
  filters: ['release', 'id', 'uid', 'name', 'type', 'variant_version', 'variant_release', 'allowed_push_targets'],
} as const satisfies PdcResource
