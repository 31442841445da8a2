import { once } from 'node:events'
import { crc32, createInflateRaw } from 'node:zlib'
import { badArchive, directoryBytes, isEndOfDirectory, isPassedOver, onlyFile, wrapped } from './zip-directory.ts'

const localHeader = 0x04034b50
const descriptorHeader = 0x08074b50
const stored = 0
const deflated = 8
const encrypted = 1
const sizesFollow = 8
/** Bytes that are unfolded of what is passed over: nobody needs them. */
const mostPassedOver = 1024 * 1024

/** True for the first bytes of an archive. An empty one has no entry to begin with. */
export const isArchive = (head: Buffer): boolean =>
  head.length >= 4 && (head.readUInt32LE(0) === localHeader || isEndOfDirectory(head))

/**
 * The content of an archive that holds one file, as the archive comes; folders and what macOS adds are passed over. That
 * it is the only one, and whole, is known at the end: then this fails, and what was yielded is worth nothing.
 * @throws `malformed` for archives that are damaged, encrypted, or hold no or several files
 */
export async function* unzipEntry(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, void, void> {
  const input = bytesOf(source)
  let entry = await nextEntry(input)
  for (let left = mostPassedOver; isPassedOver(entry.name); entry = await nextEntry(input)) {
    left -= await passOver(input, entry)
    if (left < 0) throw badArchive('there is too much in it beside a file')
  }
  if (entry.method === stored && entry.size === undefined) throw badArchive('its size is not known')

  let crc = 0
  let length = 0
  const begin = input.position
  for await (const piece of contentOf(input, entry)) {
    crc = crc32(piece, crc)
    length += piece.length
    yield piece
  }
  const packed = input.position - begin
  const file = onlyFile(await tailOf(input))
  if (file.crc !== crc || file.size !== wrapped(length) || file.packed !== wrapped(packed)) {
    throw badArchive('its content is damaged')
  }
}

type Entry = {
  readonly name: string
  readonly method: number
  /** As it stands in the archive; undefined: behind it. */
  readonly size: number | undefined
}

async function nextEntry(input: Bytes): Promise<Entry> {
  const header = await input.exactly(30)
  if (header.readUInt32LE(0) !== localHeader) throw badArchive('there is no file in it')
  const flags = header.readUInt16LE(6)
  const method = header.readUInt16LE(8)
  if (flags & encrypted) throw badArchive('it is encrypted')
  if (method !== deflated && method !== stored) throw badArchive(`compression method ${method} is not read`)
  const size = header.readUInt32LE(22)
  const name = (await input.exactly(header.readUInt16LE(26))).toString('utf8')
  await input.exactly(header.readUInt16LE(28))
  return { name, method, size: flags & sizesFollow || size === 0xffff_ffff ? undefined : size }
}

const contentOf = (input: Bytes, { method, size = 0 }: Entry) => (method === stored ? input.next(size) : inflate(input))

/** Returns the bytes that were unfolded. */
async function passOver(input: Bytes, entry: Entry): Promise<number> {
  let length = 0
  for await (const piece of contentOf(input, entry)) {
    length += piece.length
    if (length > mostPassedOver) return length
  }
  if (entry.size !== undefined) return length
  // The signature of what follows is optional.
  const head = await input.exactly(4)
  await input.exactly(head.readUInt32LE(0) === descriptorHeader ? 12 : 8)
  return length
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
async function tailOf(input: Bytes): Promise<Buffer> {
  let tail: Buffer = Buffer.alloc(0)
  for (let piece = await input.some(); piece; piece = await input.some()) {
    tail = Buffer.concat([tail, piece])
    if (tail.length > directoryBytes) tail = Buffer.from(tail.subarray(-directoryBytes))
  }
  return tail
}
