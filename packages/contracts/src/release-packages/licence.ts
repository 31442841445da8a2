import { z } from 'zod'
import { everybody } from '../audience.ts'
import { operation } from '../operation.ts'
import { entityId, shortText, writeErrors } from './package-values.ts'

const target = { releasePackageId: entityId }
const bytes = z.unknown().meta({ type: 'string', contentMediaType: 'application/octet-stream' })

export const packageLicenceOperations = {
  get: operation('catalog.release-package-licence.get', {
    summary: 'The licence of a package: 200 with the file, 204 where there is none, 304 where it did not change',
    effect: 'read',
    audience: everybody,
    flow: 'streamed-answer',
    input: z.object({
      ...target,
      modifiedSince: z.int().optional().meta({ description: 'Epoch seconds' }),
      head: z.boolean().default(false).meta({ description: 'Only status and headers' }),
    }),
    output: bytes,
    errors: ['not_found'],
  }),
  replace: operation('catalog.release-package-licence.replace', {
    summary: 'Replaces the licence of a package by the bytes that are uploaded; no bytes change nothing',
    effect: 'write',
    flow: 'streamed-request',
    input: z.object({ ...target, filename: shortText, mimetype: shortText }),
    output: z.void(),
    errors: writeErrors,
  }),
}
