import { Readable } from 'node:stream'
import { crc32, createDeflateRaw } from 'node:zlib'
import { failure } from '@slipway/contracts'

export type ZipOptions = {
  /** Time of the entry; the format keeps two seconds. Default now. */
  readonly modified?: Date
  /** For 4 GiB and more. It must be known beforehand, because sizes follow the data. Default false. */
  readonly zip64?: boolean
}

const most = 0xffff_ffff
/** Sizes follow the data (bit 3), the name is UTF-8 (bit 11). */
const flags = 0x0808
const deflated = 8

/** Flattens `[value, bytes]` pairs, little-endian. */
function fields(...values: readonly (readonly [value: number, bytes: 2 | 4 | 8])[]): Buffer {
  const buffer = Buffer.alloc(values.reduce((sum, [, bytes]) => sum + bytes, 0))
  let offset = 0
  for (const [value, bytes] of values) {
    if (bytes === 8) buffer.writeBigUInt64LE(BigInt(value), offset)
    else buffer.writeUIntLE(value, offset, bytes)
    offset += bytes
  }
  return buffer
}

/**
 * A zip archive with one deflated entry, written as its content comes; memory does not grow with it.
 * @throws `too_large` for 4 GiB and more without `zip64`
 */
export async function* zipEntry(
  name: string,
  content: AsyncIterable<Uint8Array>,
  { modified = new Date(), zip64 = false }: ZipOptions = {},
): AsyncGenerator<Uint8Array, void, void> {
  const file = Buffer.from(name, 'utf8')
  const version = zip64 ? 45 : 20
  const stamp = [
    [(modified.getUTCHours() << 11) | (modified.getUTCMinutes() << 5) | (modified.getUTCSeconds() >> 1), 2],
    [((modified.getUTCFullYear() - 1980) << 9) | ((modified.getUTCMonth() + 1) << 5) | modified.getUTCDate(), 2],
  ] as const
  let crc = 0
  let size = 0
  async function* measured() {
    for await (const piece of content) {
      crc = crc32(piece, crc)
      size += piece.length
      yield piece
    }
  }

  const localExtra = zip64 ? fields([1, 2], [16, 2], [0, 8], [0, 8]) : Buffer.alloc(0)
  const unknown = zip64 ? most : 0
  const local = Buffer.concat([
    fields([0x04034b50, 4], [version, 2], [flags, 2], [deflated, 2], ...stamp),
    fields([0, 4], [unknown, 4], [unknown, 4], [file.length, 2], [localExtra.length, 2]),
    file,
    localExtra,
  ])
  let packed = 0
  const source = Readable.from(measured(), { objectMode: false })
  const deflate = createDeflateRaw()
  source.on('error', error => deflate.destroy(error))
  try {
    for await (const piece of source.pipe(deflate) as AsyncIterable<Buffer>) {
      // Not before: what cannot be read from its beginning is no archive that breaks off.
      if (packed === 0) yield local
      packed += piece.length
      yield piece
    }
  } finally {
    source.destroy()
    deflate.destroy()
  }
  if (!zip64 && (size > most || packed > most)) throw failure('too_large', 'The entry needs zip64.')

  const wide = zip64 ? 8 : 4
  const descriptor = fields([0x08074b50, 4], [crc, 4], [packed, wide], [size, wide])
  const extra = zip64 ? fields([1, 2], [16, 2], [size, 8], [packed, 8]) : Buffer.alloc(0)
  const central = Buffer.concat([
    fields([0x02014b50, 4], [version, 2], [version, 2], [flags, 2], [deflated, 2], ...stamp),
    fields([crc, 4], [zip64 ? most : packed, 4], [zip64 ? most : size, 4], [file.length, 2], [extra.length, 2]),
    fields([0, 2], [0, 2], [0, 2], [0, 4], [0, 4]),
    file,
    extra,
  ])
  const start = local.length + packed + descriptor.length
  const end64 = fields(
    ...([
      [0x06064b50, 4],
      [44, 8],
      [version, 2],
      [version, 2],
      [0, 4],
      [0, 4],
      [1, 8],
      [1, 8],
    ] as const),
    ...([
      [central.length, 8],
      [start, 8],
    ] as const),
    ...([
      [0x07064b50, 4],
      [0, 4],
      [start + central.length, 8],
      [1, 4],
    ] as const),
  )
  const end = fields(
    ...([
      [0x06054b50, 4],
      [0, 2],
      [0, 2],
      [1, 2],
      [1, 2],
      [central.length, 4],
    ] as const),
    ...([
      [zip64 ? most : start, 4],
      [0, 2],
    ] as const),
  )
  yield Buffer.concat(zip64 ? [descriptor, central, end64, end] : [descriptor, central, end])
}
