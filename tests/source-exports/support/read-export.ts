import { Readable } from 'node:stream'
import { createInflateRaw } from 'node:zlib'
import { JSONParser, Tokenizer, TokenType } from '@streamparser/json-node'

export type Row = Readonly<Record<string, ReturnType<typeof JSON.parse>>>

/** The packed bytes of the only entry of an archive, by its central directory. */
function packedEntry(zip: Buffer): Buffer {
  const central = zip.readUInt32LE(zip.lastIndexOf(Buffer.from('PK\u0005\u0006')) + 16)
  const start = 30 + zip.readUInt16LE(26) + zip.readUInt16LE(28)
  return zip.subarray(start, start + zip.readUInt32LE(central + 20))
}

const inflated = (zip: Buffer) => Readable.from([packedEntry(zip)]).pipe(createInflateRaw())

/** Reads an export as a stream, row by row, with a parser that has nothing to do with the platform. */
export async function readExport(zip: Buffer): Promise<{ concepts: Row[]; mappings: Row[] }> {
  const rows = { concepts: [] as Row[], mappings: [] as Row[] }
  const parser = new JSONParser({ paths: ['$.concepts.*', '$.mappings.*'], keepStack: false })
  for await (const { value, stack } of inflated(zip).pipe(parser)) {
    rows[stack[1].key as 'concepts' | 'mappings'].push(value)
  }
  return rows
}

/**
 * Reads an export as the OpenMRS module of 2015 does: by tokens, past the first closing brace, then to the words
 * `concepts` and `mappings`, each followed by an array of rows. Gives how many it found.
 */
export async function scanExport(zip: Buffer): Promise<{ concepts: number; mappings: number }> {
  const found = { concepts: 0, mappings: 0 }
  let looking: 'object' | 'concepts' | 'mappings' | 'end' = 'object'
  let inArray = false
  let depth = 0
  for await (const { token, value } of inflated(zip).pipe(new Tokenizer())) {
    if (looking === 'end') break
    if (looking === 'object') {
      if (token === TokenType.RIGHT_BRACE) looking = 'concepts'
    } else if (!inArray) {
      if (value === looking) inArray = true
    } else {
      if (token === TokenType.LEFT_BRACE || token === TokenType.LEFT_BRACKET) depth += 1
      if (token === TokenType.RIGHT_BRACE || token === TokenType.RIGHT_BRACKET) {
        depth -= 1
        if (depth === 1) found[looking] += 1
        if (depth === 0) {
          looking = looking === 'concepts' ? 'mappings' : 'end'
          inArray = false
        }
      }
    }
  }
  return found
}
