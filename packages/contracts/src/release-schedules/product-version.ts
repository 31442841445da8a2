import { z } from 'zod'
import { text } from '../rest-framework/scalar.ts'
import { pdcEvents } from './events.ts'
import { pdcOperations } from './operations.ts'
import type { PdcResource } from './resource.ts'
import { reference, references, shortName, version } from './values.ts'

export const productVersionSchema = z
  .object({
    name: z.string(),
    short: z.string(),
    version: z.string(),
    active: z.boolean().meta({ description: 'Some release below is active' }),
    product_version_id: z.string().meta({ examples: ['fedora-42'] }),
    product: z.string(),
    releases: z.array(z.string()).meta({ description: 'In the order of their versions' }),
    allowed_push_targets: z.array(z.string()),
  })
  .meta({ id: 'PdcProductVersion', description: 'A version of a product' })

export const productVersionResource = {
  segment: 'product-versions',
  model: 'productversion',
  key: 'product_version_id',
  fields: Object.keys(productVersionSchema.shape),
  body: {
    name: text({ max: 200 }),
    // Without one, POST and PUT take that of the product.
    short: shortName().optional(),
    version: version(),
    product: reference(),
    allowed_push_targets: references().default([]),
  },
  filters: ['name', 'product_version_id', 'version', 'short', 'active', 'allowed_push_targets'],
  ordering: { model: 'productVersion' },
} as const satisfies PdcResource

export const productVersionOperations = pdcOperations(
  'product-version',
  'versions of products',
  productVersionResource,
  productVersionSchema,
)
export const productVersionEvents = pdcEvents('product-version', 'A version of a product', productVersionSchema)
