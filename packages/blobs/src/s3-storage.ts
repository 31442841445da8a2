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
import { ignoreMissing, isMissing, isNotImplemented, storeFailure } from './store-failure.ts'
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
  /** Milliseconds in which the store must answer what it was sent, a part of 8 MiB for instance. Default 60,000. */
  readonly answerMs?: number
  /** Milliseconds that it may be silent in the middle of an object. Default 30,000. */
  readonly silenceMs?: number
}

const connectMs = 5_000
/** The client's own 50 would let slow readers keep others waiting. */
const connections = 1_000

/** Of an upload under way: two parts are held at a time. 10,000 of them make 80 GiB. */
const partBytes = 8 * 1024 * 1024
const partsAtOnce = 2

export type S3Storage = ByteStorage & {
  /** @throws what the store says when the bucket cannot be reached */
  check(): Promise<void>
  close(): void
}

/** Bytes as objects of an S3-compatible store, `<prefix><id>` each. */
export function s3Storage({ bucket, prefix = '', endpoint, region, credentials, ...limits }: S3Options): S3Storage {
  const { answerMs = 60_000, silenceMs = 30_000 } = limits
  const client = new S3Client({
    region,
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
    ...(credentials && { credentials }),
    requestHandler: {
      connectionTimeout: connectMs,
      requestTimeout: answerMs,
      throwOnRequestTimeout: true,
      httpAgent: { maxSockets: connections },
      httpsAgent: { maxSockets: connections },
    },
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
      const source = tracked(body)
      const content = Readable.from(source.body, { objectMode: false })
      const upload = new Upload({
        client,
        params: { ...at(id), Body: content, ContentType: 'application/octet-stream' },
        partSize: partBytes,
        queueSize: partsAtOnce,
      })
      // Ends the upload once its requests have ended: one that arrives after the removal would stay for ever.
      const abort = () => void content.destroy(new Error('the upload was aborted', { cause: signal.reason }))
      signal.addEventListener('abort', abort, { once: true })
      try {
        await upload.done()
      } catch (error) {
        signal.throwIfAborted()
        throw source.failed() ? error : storeFailure(error as Error)
      } finally {
        signal.removeEventListener('abort', abort)
        content.destroy()
      }
    },
    async *read(id, { start, end }) {
      const answer = await client
        .send(new GetObjectCommand({ ...at(id), Range: `bytes=${start}-${end}` }))
        .catch(error => {
          throw isMissing(error) ? failure('not_found', 'The bytes are gone.', { cause: error }) : storeFailure(error)
        })
      if (!answer.ContentRange && start > 0) throw storeFailure(new Error('it does not know ranges'))
      // Not every store keeps to the end that it was told.
      let left = end - start + 1
      for await (const piece of unlessSilent(answer.Body as Readable, silenceMs)) {
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

/** Bytes of which one can ask afterwards whether it was they that failed. */
function tracked(source: AsyncIterable<Uint8Array>) {
  let hasFailed = false
  async function* body() {
    try {
      yield* source
    } catch (error) {
      hasFailed = true
      throw error
    }
  }
  return { body: body(), failed: () => hasFailed }
}

/** Counts only the time in which somebody waits for a piece: slow readers may be as slow as they are. */
async function* unlessSilent(body: Readable, silenceMs: number): AsyncGenerator<Uint8Array, void, void> {
  const pieces = body.iterator()
  try {
    for (;;) {
      const silence = Object.assign(new Error(`no bytes for ${silenceMs} ms`), { code: 'ETIMEDOUT' })
      const timer = setTimeout(() => body.destroy(silence), silenceMs)
      const { done, value } = await pieces
        .next()
        .catch(error => {
          throw storeFailure(error)
        })
        .finally(() => clearTimeout(timer))
      if (done) return
      yield value
    }
  } finally {
    body.destroy()
  }
}
