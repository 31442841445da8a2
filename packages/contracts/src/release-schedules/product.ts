import { z } from 'zod'
import { text } from '../rest-framework/scalar.ts'
import { pdcEvents } from './events.ts'
import { pdcOperations } from './operations.ts'
import type { PdcResource } from './resource.ts'
import { references, shortName } from './values.ts'

export const productSchema = z
  .object({
    name: z.string(),
    short: z.string(),
    active: z.boolean().meta({ description: 'Some release below is active' }),
    product_versions: z.array(z.string()),
    allowed_push_targets: z.array(z.string()),
  })
  .meta({ id: 'PdcProduct', description: 'A product that is released in versions' })

export const productResource = {
  segment: 'products',
  model: 'product',
  key: 'short',
  fields: Object.keys(productSchema.shape),
  body: { name: text({ max: 200 }), short: shortName(), allowed_push_targets: references().default([]) },
  filters: ['name', 'short', 'active', 'allowed_push_targets'],
  ordering: { model: 'product' },
} as const satisfies PdcResource

export const productOperations = pdcOperations('product', 'products', productResource, productSchema)
export const productEvents = pdcEvents('product', 'A product', productSchema)
