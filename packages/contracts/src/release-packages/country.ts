import { z } from 'zod'
import { operation } from '../operation.ts'
import { memberKeySchema } from './member.ts'

export const countrySchema = z
  .object({
    isoCode2: z.string(),
    isoCode3: z.string(),
    commonName: z.string(),
    excludeUsage: z.boolean(),
    alternateRegistrationUrl: z.string().nullable(),
    member: memberKeySchema.meta({ description: 'The member of the same code, else `IHTSDO`' }),
  })
  .meta({ id: 'MldsCountry', description: 'A country of ISO 3166-1, and the member that looks after it' })

export const countryOperations = {
  list: operation('catalog.country.list', {
    summary: 'Lists countries',
    effect: 'read',
    input: z.object({}),
    output: z.array(countrySchema),
  }),
  get: operation('catalog.country.get', {
    summary: 'Reads a country by its two letters',
    effect: 'read',
    input: z.object({ isoCode2: z.string().max(255) }),
    output: countrySchema,
    errors: ['not_found'],
  }),
}
