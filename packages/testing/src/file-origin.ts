import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { parseRange } from './byte-range.ts'
import { listen } from './http-listener.ts'

export type OriginFile = {
  /** Its bytes, or their number: then byte `n` is `n % 251`, so that every piece can be checked. */
  readonly content: Uint8Array | string | number
  readonly contentType?: string
  /** Default: a hash of the content. `null`: none is sent. */
  readonly etag?: string | null
  readonly lastModified?: Date
  /** Default true. False: `Range` is ignored, as simple servers do. */
  readonly ranges?: boolean
  /** Default true. False: no `Content-Length`, chunked. */
  readonly lengthKnown?: boolean
  /** Milliseconds of pause before every 64 KiB. */
  readonly pauseMs?: number
  /** The connection breaks after so many bytes of the body. */
  readonly diesAfter?: number
  /** After so many bytes of the body nothing more comes, and the connection stays. */
  readonly stallsAfter?: number
  /** The request is never answered. */
  readonly silent?: boolean
  /** Headers of the answer, beside or in place of its own. */
  readonly headers?: Readonly<Record<string, string>>
  /** Bytes for ever; no length. */
  readonly endless?: boolean
  /** Answers 302 (or `status`) with this location. */
  readonly redirectTo?: string
  /** Another status than 200, e.g. 403 or 503, with the content as its body. */
  readonly status?: number
}

export type OriginRequest = { readonly method: string; readonly path: string; readonly headers: IncomingHttpHeaders }

export type FileOrigin = AsyncDisposable & {
  readonly url: string
  readonly requests: readonly OriginRequest[]
  /** Bytes of bodies handed to the network so far: shows whether a slow reader is waited for. */
  readonly sentBytes: number
  /** Serves a file at a path that starts with `/`, or changes it; returns its URL. */
  put(path: string, file: OriginFile): string
}

const pieceBytes = 64 * 1024
const patternBytes = 251
/** A piece of a numbered file from any place in it is a part of this. */
const pattern = Uint8Array.from({ length: pieceBytes + patternBytes }, (_, index) => index % patternBytes)

/** A real HTTP server for files that can be slow, broken, endless or elsewhere. Unknown paths are 404. */
export async function fileOrigin(): Promise<FileOrigin> {
  const files = new Map<string, OriginFile>()
  const requests: OriginRequest[] = []
  let sentBytes = 0
  const listener = await listen((request, response) => {
    const { method = 'GET', url: path = '/', headers } = request
    requests.push({ method, path, headers })
    const file = files.get(path)
    if (!file) response.writeHead(404).end('no such file')
    // A caller that goes away in the middle is part of the game.
    else serve(file, request, response, count => (sentBytes += count)).catch(() => response.destroy())
  })
  const url = `http://127.0.0.1:${listener.port}`
  return {
    url,
    requests,
    get sentBytes() {
      return sentBytes
    },
    put(path, file) {
      files.set(path, file)
      return url + path
    },
    [Symbol.asyncDispose]: listener.close,
  }
}

async function serve(
  file: OriginFile,
  { method, headers }: IncomingMessage,
  response: ServerResponse,
  sent: (count: number) => void,
): Promise<void> {
  if (file.silent) return
  for (const [name, value] of Object.entries(file.headers ?? {})) response.setHeader(name, value)
  if (file.redirectTo !== undefined) {
    response.writeHead(file.status ?? 302, { location: file.redirectTo }).end()
    return
  }
  const { etag, size } = describe(file)
  if (!response.hasHeader('content-type')) {
    response.setHeader('content-type', file.contentType ?? 'application/octet-stream')
  }
  if (etag) response.setHeader('etag', etag)
  if (file.lastModified) response.setHeader('last-modified', file.lastModified.toUTCString())
  if (isUnchanged(file, etag, headers)) {
    response.writeHead(304).end()
    return
  }
  const ranged = file.ranges !== false && !file.endless && file.status === undefined
  if (ranged) response.setHeader('accept-ranges', 'bytes')
  const wanted = ranged && ifRangeHolds(file, etag, headers) ? parseRange(headers.range, size) : null
  if (wanted === 'unsatisfiable') {
    response.writeHead(416, { 'content-range': `bytes */${size}` }).end()
    return
  }
  const { start, end } = wanted ?? { start: 0, end: file.endless ? Number.POSITIVE_INFINITY : size }
  if (wanted) response.setHeader('content-range', `bytes ${start}-${end - 1}/${size}`)
  if (file.lengthKnown !== false && !file.endless) response.setHeader('content-length', end - start)
  response.writeHead(wanted ? 206 : (file.status ?? 200))
  // Announced before the first byte, as servers do that read from a disk.
  response.flushHeaders()
  if (method === 'HEAD') response.end()
  else await pipeline(Readable.from(pieces(file, start, end, sent), { objectMode: false }), response)
}

async function* pieces(file: OriginFile, start: number, end: number, sent: (count: number) => void) {
  const last = file.diesAfter === undefined ? end : Math.min(end, start + file.diesAfter)
  for (let at = start; at < last; at += pieceBytes) {
    if (file.pauseMs) await delay(file.pauseMs)
    if (file.stallsAfter !== undefined && at - start >= file.stallsAfter) await new Promise(() => {})
    const piece = bytesOf(file, at, Math.min(last, at + pieceBytes))
    sent(piece.length)
    yield piece
  }
  if (last < end) throw new Error('the origin dies here, as it was told')
}

function bytesOf({ content }: OriginFile, start: number, end: number): Uint8Array {
  if (typeof content !== 'number') return Buffer.from(content as Uint8Array).subarray(start, end)
  return pattern.subarray(start % patternBytes, (start % patternBytes) + end - start)
}

function describe({ content, etag }: OriginFile): { etag: string | null; size: number } {
  const size = typeof content === 'number' ? content : Buffer.byteLength(content)
  if (etag !== undefined) return { etag, size }
  const hash = createHash('sha256').update(typeof content === 'number' ? String(content) : content)
  return { etag: `"${hash.digest('hex').slice(0, 16)}"`, size }
}

function isUnchanged({ lastModified }: OriginFile, etag: string | null, headers: IncomingHttpHeaders): boolean {
  if (headers['if-none-match'] !== undefined) return etag !== null && headers['if-none-match'] === etag
  const since = Date.parse(headers['if-modified-since'] ?? '')
  return lastModified !== undefined && since >= Math.floor(lastModified.getTime() / 1000) * 1000
}

/** `If-Range`: the range only counts while the file is the one that the caller has the beginning of. */
function ifRangeHolds({ lastModified }: OriginFile, etag: string | null, headers: IncomingHttpHeaders): boolean {
  const condition = headers['if-range']
  return condition === undefined || condition === etag || condition === lastModified?.toUTCString()
}
