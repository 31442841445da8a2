import { z } from 'zod'
import { onlyService } from '../audience.ts'
import { operation } from '../operation.ts'

/** Scheme of addresses of files that the platform keeps itself: `slipway://<service>/<id>`. */
export const platformFileScheme = 'slipway:'

/** Address of a file that the exporter made for a release. */
export const exporterFileUrl = (id: string): string => `${platformFileScheme}//exporter/${id}`

/**
 * The bytes behind addresses of the exporter, for services and the gateway: who may have them is decided by whoever
 * hands them out.
 */
export const releaseFileBytes = {
  read: operation('exporter.release-file.read', {
    summary: 'The bytes of a file that was made for a release; for the gateway and other services',
    effect: 'read',
    audience: onlyService('gateway'),
    flow: 'streamed-answer',
    input: z.object({
      file: z.uuid().meta({ description: 'The last part of its address' }),
      ifNoneMatch: z.string().optional(),
      range: z.string().optional(),
      ifRange: z.string().optional(),
      head: z.boolean().default(false).meta({ description: 'Only status and headers' }),
    }),
    output: z.unknown().meta({ type: 'string', contentMediaType: 'application/octet-stream' }),
    errors: ['unauthenticated', 'forbidden', 'not_found', 'bad_upstream'],
  }),
}
