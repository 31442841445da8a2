import { blobConfig } from '@slipway/blobs'
import { baseConfig } from '@slipway/service'
import { z } from 'zod'

const count = (fallback: number) => z.coerce.number().int().min(1).default(fallback)

/** Environment of the exporter. */
export const exporterConfig = z.object({
  ...baseConfig.shape,
  ...blobConfig.shape,
  EXPORT_URL_SECONDS: count(3600).meta({ description: 'Seconds that the signed URL of an export is good for' }),
  EXPORT_CONCURRENCY: count(2).meta({ description: 'Exports that one process makes at the same time' }),
  EXPORT_LEASE_SECONDS: count(15).meta({ description: 'Silence after which another replica takes an export over' }),
  IMPORT_CONCURRENCY: count(2).meta({ description: 'Imports that one process carries out at the same time' }),
  IMPORT_LEASE_SECONDS: count(15).meta({ description: 'Silence after which another replica goes on with an import' }),
  IMPORT_MAX_BYTES: count(2_147_483_648).meta({ description: 'Bytes of the lines of one import, unpacked' }),
  RELEASE_TASK_DAYS: count(30).meta({ description: 'Days that tasks of releases are kept that came to nothing' }),
})

export type ExporterConfig = z.output<typeof exporterConfig>
