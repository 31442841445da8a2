import { Readable } from 'node:stream'
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  ListMultipartUploadsCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { failure } from '@slipway/contracts'
import type { ByteStorage } from './types.ts'

export type S3Options = {
  readonly bucket: string
  /** Begins the key of every object; a folder ends in `/`. Default: none. */
  readonly prefix?: string | undefined
  /** Of a store that is not Amazon's. Its buckets are addressed by path. */
  readonly endpoint?: string | undefined
  readonly region: string
  /** Default: what the environment or the machine has. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined
}

/** Of an upload under way: two parts are held at a time. 10,000 of them make 80 GiB. */
const partBytes = 8 * 1024 * 1024
const partsAtOnce = 2

export type S3Storage = ByteStorage & {
  /** @throws what the store says when the bucket cannot be reached */
  check(): Promise<void>
  close(): void
}

/** Bytes as objects of an S3-compatible store, `<prefix><id>` each. */
export function s3Storage({ bucket, prefix = '', endpoint, region, credentials }: S3Options): S3Storage {
  const client = new S3Client({
    region,
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
    ...(credentials && { credentials }),
    // Checksums in trailers are beyond many compatible stores; every blob has a hash of its own.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  })
  const at = (id: string) => ({ Bucket: bucket, Key: `${prefix}${id}` })

  /** What a writer that died has sent so far is no object yet. Stores that cannot list it have rules to remove it. */
  async function abortUploads(id: string): Promise<void> {
    const listed = await client
      .send(new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: at(id).Key }))
      .catch(error => {
        if (isNotImplemented(error)) return undefined
        throw error
      })
    for (const { UploadId } of listed?.Uploads ?? []) {
      await client.send(new AbortMultipartUploadCommand({ ...at(id), UploadId })).catch(ignoreMissing)
    }
  }

  return {
    place: `s3://${bucket}/${prefix}`,
    async write(id, body, signal) {
      const content = Readable.from(body, { objectMode: false })
      const upload = new Upload({
        client,
        params: { ...at(id), Body: content, ContentType: 'application/octet-stream' },
        partSize: partBytes,
        queueSize: partsAtOnce,
      })
      const abort = () => void upload.abort().catch(() => {})
      signal.addEventListener('abort', abort, { once: true })
      try {
        await upload.done()
      } finally {
        signal.removeEventListener('abort', abort)
        content.destroy()
      }
    },
    async *read(id, { start, end }) {
      const answer = await client
        .send(new GetObjectCommand({ ...at(id), Range: `bytes=${start}-${end}` }))
        .catch(error => {
          throw isMissing(error) ? failure('not_found', 'The bytes are gone.', { cause: error }) : unusable(error)
        })
      if (!answer.ContentRange && start > 0) throw unusable('the store does not know ranges')
      // Not every store keeps to the end that it was told.
      let left = end - start + 1
      for await (const piece of answer.Body as Readable) {
        yield piece.subarray(0, left)
        left -= piece.length
        if (left <= 0) return
      }
      throw failure('bad_upstream', 'The stored bytes are cut short.')
    },
    async remove(id) {
      await client.send(new DeleteObjectCommand(at(id))).catch(ignoreMissing)
      await abortUploads(id)
    },
    async check() {
      await client.send(new HeadBucketCommand({ Bucket: bucket }))
    },
    close: () => client.destroy(),
  }
}

const statusOf = (error: unknown) => (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode

/** A range that is not there means that the object is shorter than it was. */
const isMissing = (error: unknown) => [404, 416].includes(statusOf(error) ?? 0)
const isNotImplemented = (error: unknown) => [405, 501].includes(statusOf(error) ?? 0)

function ignoreMissing(error: unknown): void {
  if (!isMissing(error)) throw error
}

/** An outage passes; bytes that are wrong do not. */
const unusable = (cause: unknown) => failure('unavailable', 'The object store gives no usable answer.', { cause })
