import { failure } from '@slipway/contracts'
import { chunkBytes, chunksOf } from './chunks.ts'
import type { BlobDatabase, ByteStorage, Statement } from './types.ts'

const readAtOnce = 4

const append: Statement = {
  name: 'blob.append',
  text: 'insert into blob_chunk (blob, number, bytes) values ($1, $2, $3)',
}
const chunks: Statement = {
  name: 'blob.chunks',
  text: 'select number, bytes from blob_chunk where blob = $1 and number between $2 and $3 order by number',
}
const remove: Statement = { name: 'blob.remove-chunks', text: 'delete from blob_chunk where blob = $1' }

/** Bytes as rows of chunks in the owner's Postgres: any replica serves them, and a range is an offset. */
export function rowStorage(database: BlobDatabase): ByteStorage {
  return {
    place: 'rows',
    async write(id, body, signal) {
      let number = 0
      for await (const chunk of chunksOf(body)) {
        signal.throwIfAborted()
        await database.write(append, [id, number++, chunk])
      }
    },
    async *read(id, { start, end }) {
      const last = Math.floor(end / chunkBytes)
      for (let number = Math.floor(start / chunkBytes); number <= last; number += readAtOnce) {
        const upTo = Math.min(last, number + readAtOnce - 1)
        const rows = await database.read<{ number: number; bytes: Buffer }>(chunks, [id, number, upTo])
        if (rows.length !== upTo - number + 1) throw failure('not_found', 'The bytes are gone.')
        for (const row of rows) {
          const offset = row.number * chunkBytes
          yield row.bytes.subarray(Math.max(0, start - offset), end - offset + 1)
        }
      }
    },
    async remove(id) {
      await database.write(remove, [id])
    },
  }
}
