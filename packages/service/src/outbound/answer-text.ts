import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib'

type Decode = (bytes: Buffer, bounds: { readonly maxOutputLength: number }) => Buffer

/** Some servers that say `deflate` leave the frame of it out. */
const inflateAny: Decode = (bytes, bounds) => {
  const hasFrame = ((bytes[0] ?? 0) & 0x0f) === 8
  return hasFrame ? inflateSync(bytes, bounds) : inflateRawSync(bytes, bounds)
}
const codings: ReadonlyMap<string, Decode> = new Map([
  ['gzip', gunzipSync],
  ['x-gzip', gunzipSync],
  ['deflate', inflateAny],
  ['br', brotliDecompressSync],
])

export const tooLong: unique symbol = Symbol('an answer that is too long')

/**
 * The bytes of an answer without its content codings: nobody asked for one, but some servers and proxies compress
 * whatever they send. What does not keep to the coding that it names is left as it is.
 */
export function decodedBody(body: Buffer, encoding: string | undefined, maxBytes: number): Buffer | typeof tooLong {
  const names = (encoding ?? '').toLowerCase().split(',').reverse()
  let bytes = body
  for (const name of names) {
    const decode = codings.get(name.trim())
    if (!decode || bytes.length === 0) continue
    try {
      bytes = decode(bytes, { maxOutputLength: maxBytes })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return tooLong
      return body
    }
  }
  return bytes
}

const utf16: readonly (readonly [number, number, string])[] = [
  [0xff, 0xfe, 'utf-16le'],
  [0xfe, 0xff, 'utf-16be'],
]

/** The text of bytes that are UTF-8, or begin with the mark of UTF-16; without the mark. */
export function answerText(bytes: Uint8Array): string {
  const marked = utf16.find(([first, second]) => bytes[0] === first && bytes[1] === second)
  return new TextDecoder(marked?.[2] ?? 'utf-8').decode(bytes)
}
