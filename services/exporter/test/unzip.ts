import { inflateRawSync } from 'node:zlib'

/** The text of the only entry of an archive, by its central directory. */
export function unzip(zip: Buffer): { name: string; text: string } {
  const central = zip.readUInt32LE(zip.lastIndexOf(Buffer.from('PK\u0005\u0006')) + 16)
  const packed = zip.readUInt32LE(central + 20)
  const nameLength = zip.readUInt16LE(26)
  const start = 30 + nameLength + zip.readUInt16LE(28)
  return {
    name: zip.toString('utf8', 30, 30 + nameLength),
    text: inflateRawSync(zip.subarray(start, start + packed)).toString('utf8'),
  }
}
