import { z } from 'zod'
import { onlyService } from '../audience.ts'
import { operation } from '../operation.ts'
import { entityId } from './package-values.ts'

const downloadId = z
  .string()
  .length(36)
  .refine(text => z.uuid().safeParse(text).success, 'must be a UUID')
  .meta({
    description: 'A UUID that the gateway makes for each download',
    examples: ['01993f6e-5a0c-7f3a-9a55-6f1f0e1f2a3b'],
  })

/** How a download ended. */
export const downloadOutcomes = ['complete', 'client_gone', 'origin_failed'] as const
export type DownloadOutcome = (typeof downloadOutcomes)[number]

/**
 * Between the gateway, which moves the bytes, and the catalog, which knows who may have them: the first one tells where
 * a file lies.
 */
export const downloadOperations = {
  authorize: operation('catalog.download.authorize', {
    summary: 'Decides whether the caller may download a file, and says where it lies; for the gateway only',
    effect: 'write',
    audience: onlyService('gateway'),
    input: z.object({
      releasePackageId: entityId,
      releaseVersionId: entityId,
      releaseFileId: entityId,
      downloadId: downloadId.optional().meta({ description: 'Absent: nothing is recorded, as for HEAD' }),
    }),
    output: z.object({
      url: z.string().nullable().meta({ description: 'Null: the file has no address' }),
      sha256: z.string().nullish().meta({ description: 'Of its bytes, in hexadecimal digits, where it is known' }),
    }),
    errors: ['unauthenticated', 'forbidden', 'not_found'],
  }),
  record: operation('catalog.download.record', {
    summary: 'Records how a download ended; a repetition changes nothing; for the gateway only',
    effect: 'write',
    audience: onlyService('gateway'),
    input: z.object({
      downloadId,
      status: z.int().min(100).max(599).meta({ description: 'That was answered; 499: the client left before' }),
      outcome: z.enum(downloadOutcomes),
    }),
    output: z.void(),
    errors: ['unauthenticated', 'forbidden'],
  }),
}
