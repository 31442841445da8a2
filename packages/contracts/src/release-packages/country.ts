import { z } from 'zod'
import { everybody } from '../audience.ts'
import { operation } from '../operation.ts'
import { memberKeySchema } from './member.ts'
import { writeErrors } from './package-values.ts'

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

const countryInput = z.object({
  isoCode2: z
    .string()
    .regex(/^[A-Z]{2}$/, 'must be two capital letters')
    .meta({ examples: ['SE'] }),
  isoCode3: z
    .string()
    .regex(/^[A-Z]{3}$/, 'must be three capital letters')
    .meta({ examples: ['SWE'] }),
  commonName: z.string().trim().min(1).max(255),
  excludeUsage: z.boolean().nullish(),
  alternateRegistrationUrl: z
    .url({ protocol: /^https?$/ })
    .max(255)
    .nullish(),
})

export const countryOperations = {
  list: operation('catalog.country.list', {
    summary: 'Lists countries',
    effect: 'read',
    audience: everybody,
    input: z.object({}),
    output: z.array(countrySchema),
  }),
  get: operation('catalog.country.get', {
    summary: 'Reads a country by its two letters',
    effect: 'read',
    audience: everybody,
    input: z.object({ isoCode2: z.string().max(255) }),
    output: countrySchema,
    errors: ['not_found'],
  }),
  save: operation('catalog.country.save', {
    summary: 'Adds a country, or replaces what is known of it; for administrators',
    effect: 'write',
    input: z.object({ body: countryInput }),
    output: z.void(),
    errors: writeErrors,
  }),
  delete: operation('catalog.country.delete', {
    summary: 'Removes a country that no affiliate is in; for administrators',
    effect: 'write',
    input: z.object({ isoCode2: z.string().max(255) }),
    output: z.void(),
    errors: [...writeErrors, 'conflict'],
  }),
}
