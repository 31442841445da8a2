import { z } from 'zod'
import { text } from '../rest-framework/scalar.ts'
import { pdcEvents } from './events.ts'
import { pdcOperations } from './operations.ts'
import type { PdcResource } from './resource.ts'
import { flag, mapping, nullableReference, reference, references, shortName, version } from './values.ts'

export const productReleaseSchema = z
  .object({
    release_id: z.string().meta({ examples: ['fedora-42', 'layered-1.0@base-1'] }),
    short: z.string(),
    version: z.string(),
    name: z.string(),
    base_product: z.string().nullable(),
    active: z.boolean(),
    product_version: z.string().nullable(),
    release_type: z.string(),
    compose_set: z.array(z.string()),
    integrated_with: z.string().nullable(),
    sigkey: z.string().nullable(),
    allow_buildroot_push: z.boolean(),
    allowed_debuginfo_services: z.array(z.string()),
    allowed_push_targets: z.array(z.string()),
    bugzilla: z.object({ product: z.string() }).nullable(),
    dist_git: z.object({ branch: z.string() }).nullable(),
  })
  .meta({ id: 'PdcRelease', description: 'A release of a product; its id follows from short name, version and type' })

export const productReleaseResource = {
  segment: 'releases',
  model: 'release',
  key: 'release_id',
  fields: Object.keys(productReleaseSchema.shape),
  body: {
    short: shortName(),
    version: version(),
    name: text({ max: 255 }),
    base_product: nullableReference().default(null),
    active: flag().default(true),
    product_version: nullableReference().default(null),
    release_type: reference(),
    integrated_with: nullableReference().default(null),
    sigkey: nullableReference().default(null),
    allow_buildroot_push: flag().default(false),
    allowed_debuginfo_services: references().default([]),
    allowed_push_targets: references().default([]),
    bugzilla: mapping('product').default(null),
    dist_git: mapping('branch').default(null),
  },
  filters: [
    ...['release_id', 'base_product', 'release_type', 'product_version', 'name', 'short', 'version', 'sigkey'],
    ...['allowed_debuginfo_services', 'allowed_push_targets', 'active', 'allow_buildroot_push', 'has_base_product'],
    ...['integrated_with', 'bugzilla_product', 'dist_git_branch'],
  ],
  ordering: { model: 'release' },
} as const satisfies PdcResource

export const productReleaseOperations = pdcOperations(
  'product-release',
  'releases of products',
  productReleaseResource,
  productReleaseSchema,
)

export const productReleaseEvents = pdcEvents('product-release', 'A release of a product', productReleaseSchema)
