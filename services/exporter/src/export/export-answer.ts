import type { BlobStore, ByteRange, NamedBlob } from '@slipway/blobs'
import { hasTag } from '@slipway/service'

export type ReadConditions = {
  readonly ifMatch?: string | undefined
  readonly ifNoneMatch?: string | undefined
  readonly range?: string | undefined
  readonly ifRange?: string | undefined
  readonly head: boolean
}

const nothing = async function* () {}

/** One range of bytes, or undefined for everything; null when it lies outside. Several ranges are answered with everything. */
export function readRange(header: string | undefined, size: number): ByteRange | undefined | null {
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '') ?? []
  if (from === '' && to === '') return undefined
  const start = from === '' ? Math.max(0, size - Number(to)) : Number(from)
  const end = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1)
  if (from !== '' && to !== '' && Number(to) < start) return undefined
  return start > end || start >= size ? null : { start, end }
}

/** The archive as an answer: whole, in part, or only what is known of it. */
export function archiveAnswer(
  blobs: BlobStore,
  blob: NamedBlob,
  fileName: string,
  { ifMatch, ifNoneMatch, range: wanted, ifRange, head }: ReadConditions,
  more: Readonly<Record<string, string>> = {},
) {
  const etag = `"${blob.sha256}"`
  const headers = {
    ETag: etag,
    'Accept-Ranges': 'bytes',
    'Cache-Control': 'no-cache, no-store, must-revalidate',
    Pragma: 'no-cache',
    Expires: '0',
    ...more,
  }
  if (ifMatch !== undefined && !hasTag(ifMatch, etag, { weak: false })) {
    return { status: 412, headers, body: nothing() }
  }
  if (ifNoneMatch !== undefined && hasTag(ifNoneMatch, etag, { weak: true })) {
    return { status: 304, headers, body: nothing() }
  }
  const range = ifRange === undefined || ifRange === etag ? readRange(wanted, blob.size) : undefined
  if (range === null) {
    return { status: 416, headers: { ...headers, 'Content-Range': `bytes */${blob.size}` }, body: nothing() }
  }
  const content = {
    ...headers,
    'Content-Type': 'application/zip',
    'Content-Disposition': `attachment; filename=${fileName}`,
    'Content-Length': String(range ? range.end - range.start + 1 : blob.size),
    ...(range && { 'Content-Range': `bytes ${range.start}-${range.end}/${blob.size}` }),
  }
  const body = head ? nothing() : blobs.read(blob, range)
  return { status: range ? 206 : 200, headers: content, body }
}

/** What says up to when the content of an export reaches; both spellings have readers. */
export function lastUpdatedHeaders(lastUpdated: string): Record<string, string> {
  return {
    lastUpdated,
    'Last-Updated': lastUpdated,
    lastUpdatedTimezone: 'UTC',
    'Last-Updated-Timezone': 'UTC',
  }
}
