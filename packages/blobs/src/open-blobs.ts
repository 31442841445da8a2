import { z } from 'zod'
import { blobStore } from './blob-store.ts'
import { rowStorage } from './row-storage.ts'
import type { BlobDatabase, BlobStore } from './types.ts'

/** Environment of services that keep bytes; part of their own configuration. */
export const blobConfig = z.object({
  BLOBS_S3_BUCKET: z
    .string()
    .optional()
    .meta({ description: 'Bucket for bytes that are kept; absent: they are kept in the database' }),
  BLOBS_S3_PREFIX: z.string().optional().meta({ description: 'Begins the keys of all objects' }),
  BLOBS_S3_ENDPOINT: z
    .string()
    .regex(/^https?:\/\//, 'must be an http(s):// URL')
    .optional()
    .meta({ description: "URL of an S3-compatible store; absent: Amazon's" }),
  BLOBS_S3_REGION: z.string().default('us-east-1'),
  BLOBS_S3_ACCESS_KEY_ID: z.string().optional(),
  BLOBS_S3_SECRET_ACCESS_KEY: z.string().optional(),
})

export type BlobConfig = z.output<typeof blobConfig>

export type OpenBlobs = { readonly blobs: BlobStore; close(): void }

/**
 * Blobs where the configuration wants them. After a change of it, what is in the database already is still read there.
 * @throws when half of the credentials is missing, or the bucket does not answer
 */
export async function openBlobs(config: BlobConfig, database: BlobDatabase): Promise<OpenBlobs> {
  const rows = rowStorage(database)
  if (config.BLOBS_S3_BUCKET === undefined) return { blobs: blobStore(database, [rows]), close() {} }
  const { BLOBS_S3_ACCESS_KEY_ID: accessKeyId, BLOBS_S3_SECRET_ACCESS_KEY: secretAccessKey } = config
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined)) {
    throw new Error('BLOBS_S3_ACCESS_KEY_ID and BLOBS_S3_SECRET_ACCESS_KEY belong together.')
  }
  // The client is large, and most installations do without.
  const { s3Storage } = await import('./s3-storage.ts')
  const objects = s3Storage({
    bucket: config.BLOBS_S3_BUCKET,
    prefix: config.BLOBS_S3_PREFIX,
    endpoint: config.BLOBS_S3_ENDPOINT,
    region: config.BLOBS_S3_REGION,
    ...(accessKeyId !== undefined &&
      secretAccessKey !== undefined && { credentials: { accessKeyId, secretAccessKey } }),
  })
  try {
    await objects.check()
  } catch (error) {
    objects.close()
    throw new Error(`The bucket ${config.BLOBS_S3_BUCKET} of BLOBS_S3_BUCKET does not answer.`, { cause: error })
  }
  return { blobs: blobStore(database, [objects, rows]), close: objects.close }
}
