import type { IncomingHttpHeaders } from 'node:http'
import { pipeline, type Readable, type Transform } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib'

const decoders: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
}

/** A body with the headers that are true of it. */
export type Content = { readonly headers: Record<string, string>; readonly body: Readable }

/**
 * Undoes a content encoding that an origin uses although none was asked for. Length and ranges of the encoded bytes mean
 * nothing then, and its validator is no strong one of these bytes. A part of an encoded file, and encodings that are
 * not known here, are handed on as they are, with their name.
 */
export function decodedContent(
  encoding: IncomingHttpHeaders['content-encoding'],
  status: number,
  { headers, body }: Content,
): Content {
  const name = encoding?.trim().toLowerCase() ?? ''
  if (name === '' || name === 'identity') return { headers, body }
  const decoder = status === 206 ? undefined : decoders[name]
  if (!decoder) return { headers: { ...headers, 'content-encoding': name }, body }
  const { 'content-length': _length, 'accept-ranges': _ranges, etag, ...kept } = headers
  const weak = etag === undefined || etag.startsWith('W/') ? etag : `W/${etag}`
  // An error on either side ends both; whoever reads the decoder sees it there.
  const decodedBody = pipeline(body, decoder(), () => {})
  return { headers: { ...kept, ...(weak !== undefined && { etag: weak }) }, body: decodedBody }
}
