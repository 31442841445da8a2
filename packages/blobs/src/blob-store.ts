import { createHash, randomUUID } from 'node:crypto'
import { failure } from '@slipway/contracts'
import { blobIndex, type Claimed } from './blob-index.ts'
import type { Blob, BlobDatabase, BlobStore, ByteStorage } from './types.ts'
import { verified } from './verified.ts'

const hourMs = 3_600_000
/** How often a writer says that it lives. */
const touchMs = 30_000

/**
 * Blobs whose names are in the owner's database and whose bytes are in storages: new ones go to the first, older ones are
 * read where they are.
 */
export function blobStore(database: BlobDatabase, [current, ...others]: readonly [ByteStorage, ...ByteStorage[]]) {
  const index = blobIndex(database)
  const storages = new Map([current, ...others].map(storage => [storage.place, storage]))

  async function free({ id, place }: Claimed): Promise<void> {
    // Bytes in a storage that is not configured any more are out of reach, and its owner's to delete.
    await storages.get(place)?.remove(id)
    await index.forget(id)
  }

  async function fill(id: string, body: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<Blob> {
    const hash = createHash('sha256')
    let size = 0
    let touchAt = performance.now() + touchMs
    async function* measured() {
      for await (const piece of body) {
        signal.throwIfAborted()
        hash.update(piece)
        size += piece.length
        if (performance.now() >= touchAt) {
          await index.touch(id)
          touchAt = performance.now() + touchMs
        }
        yield piece
      }
    }
    signal.throwIfAborted()
    await current.write(id, measured(), signal)
    signal.throwIfAborted()
    const blob = { id, place: current.place, size, sha256: hash.digest('hex') }
    await index.finish(blob)
    return blob
  }

  async function discard({ id }: Pick<Blob, 'id'>): Promise<void> {
    const claimed = await index.claim(id)
    if (claimed) await free(claimed)
  }

  const blobs: BlobStore = {
    async write(body, { signal = new AbortController().signal } = {}) {
      const id = randomUUID()
      await index.begin(id, current.place)
      try {
        return await fill(id, body, signal)
      } catch (error) {
        // What cannot be removed now is swept later.
        await discard({ id }).catch(() => {})
        throw error
      }
    },
    publish: index.publish,
    discard,
    find: index.find,
    async *read(blob, range) {
      const storage = storages.get(blob.place)
      if (!storage) throw failure('not_found', `The bytes lie in ${blob.place}, which is not configured.`)
      if (blob.size === 0) return
      if (range) yield* storage.read(blob.id, range)
      else yield* verified(blob, storage.read(blob.id, { start: 0, end: blob.size - 1 }))
    },
    remove: index.remove,
    async sweep({ removedMs = hourMs, abandonedMs = hourMs } = {}) {
      for (let swept = 0; ; swept += 1) {
        const claimed = await index.claimOld(removedMs, abandonedMs)
        if (!claimed) return swept
        await free(claimed)
      }
    },
  }
  return blobs
}
