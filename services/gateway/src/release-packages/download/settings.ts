import { z } from 'zod'
import type { OriginOptions } from './origin.ts'
import type { S3Settings } from './s3.ts'

const seconds = (fallback: number, description: string) =>
  z.coerce.number().positive().max(86_400).default(fallback).meta({ description })
const optional = (description: string) => z.string().min(1).optional().meta({ description })

/** Environment of downloads. The names of S3 are those that its clients share. */
export const downloadConfig = z.object({
  ALLOW_INTERNAL_ADDRESSES: z.stringbool().default(true).meta({
    description: 'Let release files and webhooks be at private and loopback addresses; metadata addresses never',
  }),
  DOWNLOAD_CONNECT_TIMEOUT: seconds(10, 'Seconds to connect to the origin of a release file'),
  DOWNLOAD_FIRST_BYTE_TIMEOUT: seconds(60, 'Seconds until an origin begins to answer'),
  DOWNLOAD_IDLE_TIMEOUT: seconds(60, 'Seconds without a byte from an origin in the middle of a file'),
  DOWNLOAD_STALL_TIMEOUT: seconds(600, 'Seconds after which a client that takes nothing of its download is cut off'),
  AWS_ACCESS_KEY_ID: optional('Key that requests to S3 are signed with; without it, they carry no credentials'),
  AWS_SECRET_ACCESS_KEY: optional('Its secret'),
  AWS_SESSION_TOKEN: optional('Its session token, for temporary keys'),
  AWS_REGION: z.string().default('us-east-1').meta({ description: 'Region of the buckets' }),
  AWS_ENDPOINT_URL_S3: z
    .url({ protocol: /^https?$/ })
    .optional()
    .meta({ description: "Another S3-compatible store, addressed by path. Default: Amazon's" }),
  DOWNLOAD_S3_BUCKETS: z
    .string()
    .transform(text => text.split(',').map(name => name.trim()))
    .optional()
    .meta({ description: 'Buckets that the key is used for, separated by commas. Default: all that it opens' }),
})

export type DownloadConfig = z.output<typeof downloadConfig>

export function originSettings(config: DownloadConfig): OriginOptions {
  return {
    allowInternal: config.ALLOW_INTERNAL_ADDRESSES,
    connectTimeoutMs: config.DOWNLOAD_CONNECT_TIMEOUT * 1_000,
    firstByteTimeoutMs: config.DOWNLOAD_FIRST_BYTE_TIMEOUT * 1_000,
    idleTimeoutMs: config.DOWNLOAD_IDLE_TIMEOUT * 1_000,
    s3: s3Settings(config),
  }
}

function s3Settings(config: DownloadConfig): S3Settings | undefined {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = config
  if (!accessKeyId || !secretAccessKey) return undefined
  return {
    accessKeyId,
    secretAccessKey,
    sessionToken: config.AWS_SESSION_TOKEN,
    region: config.AWS_REGION,
    endpoint: config.AWS_ENDPOINT_URL_S3,
    buckets: config.DOWNLOAD_S3_BUCKETS,
  }
}
