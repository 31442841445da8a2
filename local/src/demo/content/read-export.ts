import { pipeline } from 'node:stream/promises'
import { crc32 } from 'node:zlib'
import { failure } from '@slipway/contracts'
import { JSONParser } from '@streamparser/json-node'
import { openPromise } from 'yauzl'

export type ExportedRow = { readonly kind: 'concepts' | 'mappings'; readonly id: string }

const entryName = 'export.json'

/**
 * The rows of an export file, one after the other: neither the archive nor the JSON in it is ever in memory as a whole.
 * Fails with `malformed` when the archive holds no `export.json`, or a damaged one.
 */
export async function* readExport(path: string): AsyncGenerator<ExportedRow, void, void> {
  const archive = await openPromise(path)
  for await (const entry of archive.eachEntry()) {
    if (entry.fileName !== entryName) continue
    let crc = 0
    async function* checked(pieces: AsyncIterable<Buffer>) {
      for await (const piece of pieces) {
        crc = crc32(piece, crc)
        yield piece
      }
      // The library leaves that to its caller.
      if (crc !== entry.crc32) throw failure('malformed', `${entryName} in ${path} is damaged: its CRC-32 is another`)
    }
    const parser = new JSONParser({ paths: ['$.concepts.*.id', '$.mappings.*.id'], keepStack: false })
    const piped = pipeline(await archive.openReadStreamPromise(entry), checked, parser)
    piped.catch(() => {})
    for await (const { value, stack } of parser) yield { kind: stack[1].key, id: value }
    return piped
  }
  throw failure('malformed', `${path} holds no ${entryName}`)
}
