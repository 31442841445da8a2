import { z } from 'zod'
import { sentParameters } from '../sent-parameters.ts'

/** What the paths of the Open Concept Lab lead to. Odd ids are simply not found. */
const segment = z.string().max(1024)

export const ownerTypes = ['org', 'user'] as const

export const ownerTarget = {
  ownerType: z.enum(ownerTypes),
  owner: segment.meta({ description: 'Id of the org, or login of the user' }),
}
export const sourceTarget = { ...ownerTarget, source: segment }
export const versionTarget = {
  ...sourceTarget,
  version: segment.meta({ description: 'Id or uuid of the version, or `latest`' }),
}
/** A concept or mapping, of the live source or of a version of it. */
export const childTarget = { ...sourceTarget, version: segment.optional(), id: segment }

/** Query parameters as they were sent; wrong ones are not errors in this API. */
export const oclQuery = sentParameters().default({})

export const oclTimestamp = z.string().meta({ format: 'date-time', examples: ['2015-05-17T10:20:30.123Z'] })
export const oclUrl = z
  .string()
  .meta({ description: 'Path with a slash at both ends', examples: ['/orgs/WHO/sources/ICD/'] })

export const readErrors = ['unauthenticated', 'forbidden', 'not_found'] as const
export const oclWriteErrors = [...readErrors, 'conflict', 'key_reused', 'precondition_failed'] as const

export type OwnerTarget = z.output<z.ZodObject<typeof ownerTarget>>
export type SourceTarget = z.output<z.ZodObject<typeof sourceTarget>>
