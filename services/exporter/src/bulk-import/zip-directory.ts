import { unreadable } from './refusal.ts'

const endOfDirectory = Buffer.from('PK\u0005\u0006')
const centralHeader = Buffer.from([0x50, 0x4b, 1, 2])
const many = 0xffff

/** Bytes at the end of an archive in which its directory has to stand: that of one file and of what is passed over. */
export const directoryBytes = 22 + 0xffff + 4 * (46 + 3 * 0xffff)

/** An empty archive begins with it. */
export const isEndOfDirectory = (head: Buffer): boolean => head.indexOf(endOfDirectory) === 0

/** What a directory says of a file. Sizes are compared in 32 bits, which every archive has. */
export type DirectoryEntry = { readonly crc: number; readonly size: number; readonly packed: number }

/** What programs put into archives that nobody has chosen: folders, and what macOS keeps of files and folders. */
export function isPassedOver(name: string): boolean {
  return name.endsWith('/') || /(?:^|\/)(?:__MACOSX\/.*|\.DS_Store|\._[^/]*)$/.test(name)
}

/** The only file of an archive with this end. @throws `malformed` where there is none, or more than one */
export function onlyFile(tail: Buffer): DirectoryEntry {
  const end = tail.lastIndexOf(endOfDirectory)
  if (end === -1 || end + 22 > tail.length) throw badArchive('its directory is missing')
  const count = tail.readUInt16LE(end + 10)
  if (count === many) throw badArchive('it holds many files instead of one')
  if (count === 0) throw badArchive('it holds 0 files instead of one')
  const files: DirectoryEntry[] = []
  let at = directoryStart(tail, end, count)
  for (let index = 0; index < count; index += 1) {
    const names = at + 46
    if (at === -1 || names > end || tail.indexOf(centralHeader, at) !== at) throw badArchive('its directory is damaged')
    const fields = names + tail.readUInt16LE(at + 28)
    const comment = fields + tail.readUInt16LE(at + 30)
    if (!isPassedOver(tail.toString('utf8', names, fields)))
      files.push(entryAt(tail, at, tail.subarray(fields, comment)))
    at = comment + tail.readUInt16LE(at + 32)
  }
  const [file] = files
  if (!file || files.length > 1) throw badArchive(`it holds ${files.length} files instead of one`)
  return file
}

/** With zip64 a record and its locator stand between the directory and the end; those of many entries are not read. */
function directoryStart(tail: Buffer, end: number, count: number): number {
  const length = tail.readUInt32LE(end + 12)
  if (length < 46) return -1
  const start = end - length
  if (start >= 0 && tail.indexOf(centralHeader, start) === start) return start
  return count === 1 ? tail.indexOf(centralHeader) : -1
}

function entryAt(tail: Buffer, at: number, extra: Buffer): DirectoryEntry {
  const [size, packed] = wideSizes(tail.readUInt32LE(at + 24), tail.readUInt32LE(at + 20), extra)
  return { crc: tail.readUInt32LE(at + 16), size: wrapped(size), packed: wrapped(packed) }
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

export const wrapped = (size: number): number => size % 0x1_0000_0000

export const badArchive = (reason: string) => unreadable(`the archive is not usable: ${reason}`)
