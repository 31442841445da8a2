import { once } from 'node:events'
import { crc32, createInflateRaw } from 'node:zlib'
import { unreadable } from './refusal.ts'

const localHeader = 0x04034b50
const centralHeader = 0x02014b50
const endOfDirectory = Buffer.from('PK\u0005\u0006')
const stored = 0
const deflated = 8
const encrypted = 1
const sizesFollow = 8
/** The end record with the longest comment, and the directory of one entry with the longest name and fields. */
const tailBytes = 22 + 0xffff + 46 + 3 * 0xffff

/** True for the first bytes of an archive. An empty one has no entry to begin with. */
export const isArchive = (head: Buffer): boolean =>
  head.length >= 4 && (head.readUInt32LE(0) === localHeader || head.indexOf(endOfDirectory) === 0)

/**
 * The content of an archive that holds one file, as the archive comes. That it is the only one, and whole, is known at the
 * end: then this fails, and what was yielded is worth nothing.
 * @throws `malformed` for archives that are damaged, encrypted, or hold no or several files
 */
export async function* unzipEntry(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, void, void> {
  const input = bytesOf(source)
  const header = await input.exactly(30)
  if (header.readUInt32LE(0) !== localHeader) throw badArchive('there is no file in it')
  const flags = header.readUInt16LE(6)
  const method = header.readUInt16LE(8)
  if (flags & encrypted) throw badArchive('it is encrypted')
  if (method !== deflated && method !== stored) throw badArchive(`compression method ${method} is not read`)
  const size = header.readUInt32LE(22)
  if (method === stored && (flags & sizesFollow || size === 0xffff_ffff)) throw badArchive('its size is not known')
  await input.exactly(header.readUInt16LE(26) + header.readUInt16LE(28))

  let crc = 0
  let length = 0
  const begin = input.position
  for await (const piece of method === stored ? input.next(size) : inflate(input)) {
    crc = crc32(piece, crc)
    length += piece.length
    yield piece
  }
  const packed = input.position - begin
  const entry = await onlyEntry(input)
  if (entry.crc !== crc || entry.size !== wrapped(length) || entry.packed !== wrapped(packed)) {
    throw badArchive('its content is damaged')
  }
}

type Bytes = {
  /** Bytes consumed so far. */
  readonly position: number
  exactly(count: number): Promise<Buffer>
  next(count: number): AsyncIterable<Buffer>
  /** Whatever comes next, or undefined at the end. */
  some(): Promise<Buffer | undefined>
  putBack(bytes: Buffer): void
}

function bytesOf(source: AsyncIterable<Uint8Array>): Bytes {
  const pieces = source[Symbol.asyncIterator]()
  let rest: Buffer = Buffer.alloc(0)
  let position = 0

  async function some(most = Number.POSITIVE_INFINITY): Promise<Buffer | undefined> {
    while (rest.length === 0) {
      const { done, value } = await pieces.next()
      if (done) return undefined
      rest = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    }
    const taken = rest.subarray(0, most)
    rest = rest.subarray(taken.length)
    position += taken.length
    return taken
  }
  async function* next(count: number): AsyncGenerator<Buffer, void, void> {
    for (let missing = count; missing > 0; ) {
      const part = await some(missing)
      if (!part) throw badArchive('it is cut off')
      missing -= part.length
      yield part
    }
  }

  return {
    get position() {
      return position
    },
    async exactly(count) {
      const parts: Buffer[] = []
      for await (const part of next(count)) parts.push(part)
      return Buffer.concat(parts)
    },
    next,
    some: () => some(),
    putBack(bytes) {
      rest = Buffer.concat([bytes, rest])
      position -= bytes.length
    },
  }
}

/** Inflates up to the end that the data itself marks, and gives the bytes behind it back. */
async function* inflate(input: Bytes): AsyncGenerator<Buffer, void, void> {
  const inflater = createInflateRaw()
  const ended = once(inflater, 'end').catch(() => {})
  let given = 0
  let last: Buffer = Buffer.alloc(0)

  async function feed(): Promise<void> {
    // What it does not take is behind the end of the data.
    while (inflater.bytesWritten === given && !inflater.destroyed) {
      const piece = await input.some()
      if (!piece) throw badArchive('it is cut off')
      given += piece.length
      last = piece
      // Of a piece with the end in it, nobody says that it is written.
      await Promise.race([new Promise(resolve => inflater.write(piece, resolve)), ended])
    }
  }

  const fed = feed().catch(error => void inflater.destroy(error))
  try {
    for await (const piece of inflater as AsyncIterable<Buffer>) yield piece
  } catch (error) {
    throw error instanceof Error && 'errno' in error ? badArchive('its content is damaged') : error
  } finally {
    inflater.destroy()
  }
  await fed
  input.putBack(last.subarray(last.length - (given - inflater.bytesWritten)))
}

/** Reads to the end, where the directory is. */
async function onlyEntry(input: Bytes) {
  let tail: Buffer = Buffer.alloc(0)
  for (let piece = await input.some(); piece; piece = await input.some()) {
    tail = Buffer.concat([tail, piece])
    if (tail.length > tailBytes) tail = Buffer.from(tail.subarray(-tailBytes))
  }
  const end = tail.lastIndexOf(endOfDirectory)
  if (end === -1 || end + 22 > tail.length) throw badArchive('its directory is missing')
  const entries = tail.readUInt16LE(end + 10)
  if (entries !== 1) throw badArchive(`it holds ${entries === 0xffff ? 'many' : entries} files instead of one`)
  const length = tail.readUInt32LE(end + 12)
  // With zip64 a record and its locator stand between the directory and the end.
  const start = tail.indexOf(Buffer.from([0x50, 0x4b, 1, 2]))
  if (length < 46 || start === -1 || tail.readUInt32LE(start) !== centralHeader || start + 46 > end) {
    throw badArchive('its directory is damaged')
  }
  const extra = tail.subarray(start + 46 + tail.readUInt16LE(start + 28)).subarray(0, tail.readUInt16LE(start + 30))
  const [size, packed] = wideSizes(tail.readUInt32LE(start + 24), tail.readUInt32LE(start + 20), extra)
  return { crc: tail.readUInt32LE(start + 16), size: wrapped(size), packed: wrapped(packed) }
}

/** Sizes that do not fit stand in the extra field of zip64, those that fit do not. */
function wideSizes(size: number, packed: number, extra: Buffer): [number, number] {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue
    let field = at + 4
    const wide = (narrow: number) => {
      if (narrow !== 0xffff_ffff || field + 8 > extra.length) return narrow
      field += 8
      return Number(extra.readBigUInt64LE(field - 8))
    }
    return [wide(size), wide(packed)]
  }
  return [size, packed]
}

/** Sizes are compared in 32 bits, which every archive has. */
const wrapped = (size: number): number => size % 0x1_0000_0000

const badArchive = (reason: string) => unreadable(`the archive is not usable: ${reason}`)
