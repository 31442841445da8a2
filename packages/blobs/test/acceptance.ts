import { createHash, randomBytes } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import type { Blob, BlobStore, Queryable } from '../src/types.ts'

/** Where owners of blobs keep what refers to them. */
export type Owner = { transaction<Result>(work: (tx: Queryable) => Promise<Result>): Promise<Result> }

export type Given = {
  readonly blobs: BlobStore
  readonly store: Owner
  /** Changes a byte of what is stored, behind the back of the store. */
  damage(blob: Blob): Promise<void>
  /** Removes the bytes in the same way. */
  lose(blob: Blob): Promise<void>
  /** How many bytes, or parts of them, the storage holds, whatever they belong to. */
  stored(): Promise<number>
}

/** What every implementation must do. `given` is asked once a test. */
export function blobAcceptance(name: string, given: () => Given): void {
  const content = randomBytes(128 * 1024 * 5 + 77)

  async function* pieces(bytes: Uint8Array, size = 50_000) {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
  }
  const bytesOf = (body: AsyncIterable<Uint8Array>) => buffer(body)
  const publish = async (key: string, bytes: Uint8Array): Promise<Blob> => {
    const { blobs, store } = given()
    const blob = await blobs.write(pieces(bytes))
    await store.transaction(tx => blobs.publish(tx, key, blob))
    return blob
  }

  describe(name, () => {
    it('gives back what was written, with its size and hash', async () => {
      const { blobs } = given()
      const blob = await publish('whole', content)
      expect(blob.size).toBe(content.length)
      expect(blob.sha256).toBe(createHash('sha256').update(content).digest('hex'))
      expect(await blobs.find('whole')).toMatchObject({ ...blob, name: 'whole' })
      expect((await bytesOf(blobs.read(blob))).equals(content)).toBe(true)
    })

    it.each([
      [0, 0],
      [131_071, 131_072],
      [5, 400_000],
      [content.length - 1, content.length - 1],
    ])('reads the range %i-%i', async (start, end) => {
      const blob = await publish('ranges', content)
      const part = await bytesOf(given().blobs.read(blob, { start, end }))
      expect(part.equals(content.subarray(start, end + 1))).toBe(true)
    })

    it('keeps a blob without bytes', async () => {
      const blob = await publish('empty', Buffer.alloc(0))
      expect(blob.size).toBe(0)
      expect((await bytesOf(given().blobs.read(blob))).length).toBe(0)
    })

    it('shows nothing of a write before it is published', async () => {
      const { blobs, store } = given()
      const blob = await blobs.write(pieces(content))
      expect(await blobs.find('later')).toBeNull()
      await expect(
        store.transaction(async tx => {
          await blobs.publish(tx, 'later', blob)
          throw new Error('rolled back')
        }),
      ).rejects.toThrow('rolled back')
      expect(await blobs.find('later')).toBeNull()
    })

    it('lets a reader of replaced bytes finish, and forgets them when they are swept', async () => {
      const { blobs } = given()
      const old = await publish('swapped', content)
      const reader = blobs.read(old)[Symbol.asyncIterator]()
      const first = (await reader.next()).value as Uint8Array
      await publish('swapped', Buffer.from('new'))
      const rest = await bytesOf({ [Symbol.asyncIterator]: () => reader })
      expect(Buffer.concat([first, rest]).equals(content)).toBe(true)
      expect(await blobs.find('swapped')).toMatchObject({ size: 3 })

      expect(await blobs.sweep({ removedMs: 0 })).toBeGreaterThan(0)
      await expect(bytesOf(blobs.read(old))).rejects.toMatchObject({ code: 'not_found' })
      expect(await blobs.find('swapped')).toMatchObject({ size: 3 })
    })

    it('removes a name once', async () => {
      const { blobs, store } = given()
      await publish('removed', content)
      expect(await store.transaction(tx => blobs.remove(tx, 'removed'))).toBe(true)
      expect(await store.transaction(tx => blobs.remove(tx, 'removed'))).toBe(false)
      expect(await blobs.find('removed')).toBeNull()
    })

    it('sweeps what was never published, and nothing that was', async () => {
      const { blobs, store } = given()
      const kept = await publish('kept', content)
      const abandoned = await blobs.write(pieces(content))
      await blobs.sweep({ abandonedMs: 60_000 })
      expect((await bytesOf(blobs.read(abandoned))).length).toBe(content.length)
      await blobs.sweep({ abandonedMs: 0 })
      await expect(store.transaction(tx => blobs.publish(tx, 'dead', abandoned))).rejects.toMatchObject({
        code: 'refused',
      })
      expect((await bytesOf(blobs.read(kept))).length).toBe(content.length)
    })

    it('finds bytes that are damaged before the last of them is given away', async () => {
      const { blobs, damage } = given()
      const blob = await publish('damaged', content)
      await damage(blob)
      let received = 0
      const reading = async () => {
        for await (const piece of blobs.read(blob)) received += piece.length
      }
      await expect(reading()).rejects.toMatchObject({ code: 'bad_upstream' })
      expect(received).toBeLessThan(content.length)
    })

    it('says that bytes are gone', async () => {
      const { blobs, lose } = given()
      const blob = await publish('lost', content)
      await lose(blob)
      await expect(bytesOf(blobs.read(blob))).rejects.toMatchObject({ code: 'not_found' })
      await expect(bytesOf(blobs.read(blob, { start: 10, end: 20 }))).rejects.toMatchObject({ code: 'not_found' })
    })

    it('frees what is discarded at once, and never what has a name', async () => {
      const { blobs, stored } = given()
      await blobs.sweep({ removedMs: 0, abandonedMs: 0 })
      const before = await stored()
      await blobs.discard(await blobs.write(pieces(content)))
      expect(await stored()).toBe(before)
      const kept = await publish('not-discarded', content)
      await blobs.discard(kept)
      expect((await bytesOf(blobs.read(kept))).equals(content)).toBe(true)
    })

    it('keeps bytes of many parts', async () => {
      const { blobs } = given()
      const piece = randomBytes(1024 * 1024)
      async function* source() {
        for (let index = 0; index < 20; index += 1) yield piece
      }
      const blob = await blobs.write(source())
      expect(blob.size).toBe(20 * piece.length)
      const hash = createHash('sha256')
      for await (const part of blobs.read(blob)) hash.update(part)
      expect(hash.digest('hex')).toBe(blob.sha256)
      await blobs.discard(blob)
    })

    it('keeps nothing of a write whose source fails or is aborted', async () => {
      const { blobs, stored } = given()
      async function* broken() {
        yield content
        throw new Error('the source broke')
      }
      await blobs.sweep({ removedMs: 0, abandonedMs: 0 })
      const before = await stored()
      await expect(blobs.write(broken())).rejects.toThrow('the source broke')
      await expect(blobs.write(pieces(content), { signal: AbortSignal.abort() })).rejects.toThrow()
      const leaving = new AbortController()
      async function* left() {
        yield content
        leaving.abort(new Error('given up'))
        yield content
      }
      await expect(blobs.write(left(), { signal: leaving.signal })).rejects.toThrow()
      expect(await stored()).toBe(before)
      expect(await blobs.sweep({ removedMs: 0, abandonedMs: 0 })).toBe(0)
    })
  })
}
