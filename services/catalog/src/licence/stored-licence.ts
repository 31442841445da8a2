import type { BlobStore } from '@slipway/blobs'
import type { StreamedAnswer } from '@slipway/bus'
import { type Expression, sql } from 'kysely'
import { notFound } from '../member/viewer.ts'
import { httpDate } from '../records/conditional.ts'
import { attachment } from './content-disposition.ts'

/** What is known of a licence beside its bytes; all null: there is none. `seconds`: when it was uploaded, since 1970. */
export type Licence = {
  readonly filename: string | null
  readonly mimetype: string | null
  readonly seconds: number | null
}

/** The columns of a licence of `release_package` or `member`. */
export const licenceColumns = (updatedAt: Expression<string | null>) =>
  [
    'license_filename as filename',
    'license_mimetype as mimetype',
    sql<number | null>`floor(extract(epoch from ${updatedAt}))::float8`.as('seconds'),
  ] as const

export type LicenceRequest = { readonly modifiedSince?: number | undefined; readonly head: boolean }

const nothing = async function* () {}

/** The licence with the headers of a file, 204 when there is none, 304 when it is as the client has it. */
export async function answerLicence(
  blobs: BlobStore,
  blobName: string,
  { filename, mimetype, seconds }: Licence,
  { modifiedSince, head }: LicenceRequest,
): Promise<StreamedAnswer> {
  if (filename === null || mimetype === null || seconds === null) return { status: 204, body: nothing() }
  const headers = { 'Last-Modified': httpDate(seconds) }
  if (modifiedSince !== undefined && modifiedSince >= seconds) return { status: 304, headers, body: nothing() }
  const blob = await blobs.find(blobName)
  if (!blob) throw notFound()
  const content = {
    ...headers,
    'Content-Type': mimetype,
    'Content-Length': String(blob.size),
    'Content-Disposition': attachment(filename),
  }
  return { headers: content, body: head ? nothing() : blobs.read(blob) }
}

/** The bytes again, or undefined when there are none. */
export async function unlessEmpty(upload: AsyncIterable<Uint8Array>): Promise<AsyncIterable<Uint8Array> | undefined> {
  const iterator = upload[Symbol.asyncIterator]()
  let first = await iterator.next()
  while (!first.done && first.value.length === 0) first = await iterator.next()
  if (first.done) return undefined
  const { value } = first
  return (async function* () {
    try {
      yield value
      yield* { [Symbol.asyncIterator]: () => iterator }
    } finally {
      await iterator.return?.()
    }
  })()
}
