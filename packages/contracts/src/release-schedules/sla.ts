import { z } from 'zod'
import { text } from '../rest-framework/scalar.ts'
import { pdcEvents } from './events.ts'
import { pdcDeletions, pdcOperations } from './operations.ts'
import type { PdcResource } from './resource.ts'
import { longText } from './values.ts'

export const slaSchema = z
  .object({ id: z.int(), name: z.string(), description: z.string() })
  .meta({ id: 'PdcSla', description: 'A service level that releases follow' })

export const slaResource = {
  segment: 'component-sla-types',
  model: 'sla',
  key: 'id',
  fields: Object.keys(slaSchema.shape),
  // No default: what PUT leaves out is kept, a new one starts with an empty text.
  body: { name: text({ max: 300 }), description: longText().optional() },
  filters: ['name', 'description'],
  ordering: { model: 'sla' },
} as const satisfies PdcResource

export const slaOperations = {
  ...pdcOperations('sla', 'service levels', slaResource, slaSchema),
  ...pdcDeletions('sla', 'service levels'),
}

export const slaEvents = pdcEvents('sla', 'A service level', slaSchema)
