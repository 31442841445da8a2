import { randomBytes } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { eventually, fileOrigin, type ObjectStore, objectStore } from '@slipway/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { blobStore } from '../src/blob-store.ts'
import { blobConfig, type OpenBlobs, openBlobs } from '../src/open-blobs.ts'
import { postgresBlobs } from '../src/postgres-blobs.ts'
import { s3Storage } from '../src/s3-storage.ts'
import type { Blob, ByteRange } from '../src/types.ts'
import { blobAcceptance } from './acceptance.ts'
import { type OwnerDatabase, openOwner } from './owner.ts'

const prefix = 'exports/'

const opened = new AsyncDisposableStack()
let owner: OwnerDatabase
let objects: ObjectStore
let environment: Record<string, string>
let kept: OpenBlobs

beforeAll(async () => {
  objects = opened.use(await objectStore())
  environment = { ...objects.environment, BLOBS_S3_PREFIX: prefix }
  owner = opened.use(await openOwner())
  kept = await openBlobs(blobConfig.parse(environment), owner)
  opened.defer(() => kept.close())
})
afterAll(() => opened.disposeAsync())

blobAcceptance('blobs in an S3-compatible store', () => ({
  blobs: kept.blobs,
  store: owner,
  async damage({ id }) {
    const bytes = await objects.get(prefix + id)
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
    await objects.put(prefix + id, bytes)
  },
  lose: ({ id }) => objects.remove(prefix + id),
  stored: async () => (await objects.keys()).length,
}))

describe('a store that fails', () => {
  const content = randomBytes(20_000)
  async function* source() {
    yield content
  }
  async function* broken() {
    yield content
    throw new Error('the source broke')
  }
  const readAll = (blob: Blob, range?: ByteRange) => buffer(kept.blobs.read(blob, range))

  it.each([
    ['refuses connections', undefined, 'unavailable'],
    ['has no time', 503, 'unavailable'],
    ['knows nobody', 403, 'internal'],
  ])('is told from bytes that are wrong when it %s', async (_what, status, code) => {
    const blob = await kept.blobs.write(source())
    const away = new AsyncDisposableStack()
    if (status) away.use(objects.hold({ status }))
    else away.adopt(await objects.close(), objects.reopen)
    await expect(kept.blobs.write(source())).rejects.toMatchObject({ code })
    await expect(kept.blobs.write(broken())).rejects.toThrow('the source broke')
    await expect(readAll(blob)).rejects.toMatchObject({ code })
    await expect(readAll(blob, { start: 3, end: 5 })).rejects.toMatchObject({ code })
    await away.disposeAsync()
    expect((await readAll(blob)).equals(content)).toBe(true)
  })

  it('is not waited for without end', async () => {
    const options = {
      bucket: 'slipway',
      endpoint: objects.environment.BLOBS_S3_ENDPOINT,
      region: 'us-east-1',
      credentials: { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' },
    }
    const patient = s3Storage(options)
    opened.defer(() => patient.close())
    const impatient = s3Storage({ ...options, answerMs: 100 })
    opened.defer(() => impatient.close())
    const blob = await blobStore(owner, [patient]).write(source())
    const blobs = blobStore(owner, [impatient])
    using _held = objects.hold()
    await expect(impatient.write('unanswered', source(), new AbortController().signal)).rejects.toMatchObject({
      code: 'unavailable',
    })
    await expect(buffer(blobs.read(blob))).rejects.toMatchObject({ code: 'unavailable' })
  })

  it('is not waited for without end in the middle of an object either', async () => {
    await using origin = await fileOrigin()
    origin.put('/bucket/object?x-id=GetObject', { content: 200_000, stallsAfter: 100_000 })
    const credentials = { accessKeyId: 'any', secretAccessKey: 'any' }
    const at = { bucket: 'bucket', endpoint: origin.url, region: 'us-east-1', credentials }
    const impatient = s3Storage({ ...at, silenceMs: 100 })
    opened.defer(() => impatient.close())
    let received = 0
    const reading = async () => {
      for await (const piece of impatient.read('object', { start: 0, end: 199_999 })) received += piece.length
    }
    await expect(reading()).rejects.toMatchObject({ code: 'unavailable' })
    expect(received).toBeGreaterThan(0)
  })

  it('gets nothing that comes after the end of a write that was aborted', async () => {
    await kept.blobs.sweep({ removedMs: 0, abandonedMs: 0 })
    const before = await objects.keys()
    const leaving = new AbortController()
    const held = objects.hold()
    const writing = kept.blobs.write(source(), { signal: leaving.signal })
    const ended = expect(writing).rejects.toThrow('given up')
    await eventually(() => held.waiting > 0)
    leaving.abort(new Error('given up'))
    held[Symbol.dispose]()
    await ended
    expect(await objects.keys()).toEqual(before)
  })
})

describe('a store that was moved to objects', () => {
  it('still reads and frees what is in the database', async () => {
    const rows = postgresBlobs(owner)
    async function* content() {
      yield Buffer.from('from before')
    }
    const old = await rows.write(content())
    await owner.transaction(tx => rows.publish(tx, 'old', old))
    const found = await kept.blobs.find('old')
    expect(found).toMatchObject(old)
    expect((await buffer(kept.blobs.read(old))).toString()).toBe('from before')

    const replacing = await kept.blobs.write(content())
    await owner.transaction(tx => kept.blobs.publish(tx, 'old', replacing))
    expect(await objects.keys()).toContain(prefix + replacing.id)
    await kept.blobs.sweep({ removedMs: 0 })
    await expect(buffer(kept.blobs.read(old))).rejects.toMatchObject({ code: 'not_found' })
    expect((await buffer(kept.blobs.read(replacing))).toString()).toBe('from before')
  })

  it('does not open without its bucket', async () => {
    const config = blobConfig.parse({ ...environment, BLOBS_S3_BUCKET: 'nowhere' })
    await expect(openBlobs(config, owner)).rejects.toThrow('The bucket nowhere of BLOBS_S3_BUCKET does not answer.')
    const half = blobConfig.parse({ ...environment, BLOBS_S3_SECRET_ACCESS_KEY: undefined })
    await expect(openBlobs(half, owner)).rejects.toThrow('belong together')
  })
})
