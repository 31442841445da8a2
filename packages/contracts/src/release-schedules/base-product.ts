import { z } from 'zod'
import { text } from '../rest-framework/scalar.ts'
import { pdcEvents } from './events.ts'
import { pdcOperations } from './operations.ts'
import type { PdcResource } from './resource.ts'
import { reference, shortName, version } from './values.ts'

export const baseProductSchema = z
  .object({
    base_product_id: z.string().meta({ examples: ['rhel-7'] }),
    short: z.string(),
    version: z.string(),
    name: z.string(),
    release_type: z.string(),
  })
  .meta({ id: 'PdcBaseProduct', description: 'What layered products are built on' })

export const baseProductResource = {
  segment: 'base-products',
  model: 'baseproduct',
  key: 'base_product_id',
  fields: Object.keys(baseProductSchema.shape),
  body: { short: shortName(), version: version(), name: text({ max: 255 }), release_type: reference() },
  filters: ['short', 'version', 'name', 'base_product_id'],
  ordering: { model: 'baseProduct' },
} as const satisfies PdcResource

export const baseProductOperations = pdcOperations(
  'base-product',
  'base products',
  baseProductResource,
  baseProductSchema,
)
export const baseProductEvents = pdcEvents('base-product', 'A base product', baseProductSchema)
