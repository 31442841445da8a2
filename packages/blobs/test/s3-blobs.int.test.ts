import { buffer } from 'node:stream/consumers'
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { temporaryFolder } from '@slipway/testing'
import S3rver from 's3rver'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { blobConfig, type OpenBlobs, openBlobs } from '../src/open-blobs.ts'
import { postgresBlobs } from '../src/postgres-blobs.ts'
import { blobAcceptance } from './acceptance.ts'
import { type OwnerDatabase, openOwner } from './owner.ts'

const bucket = 'slipway'
const prefix = 'exports/'
const credentials = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' }

const opened = new AsyncDisposableStack()
let owner: OwnerDatabase
let client: S3Client
let environment: Record<string, string>
let kept: OpenBlobs

beforeAll(async () => {
  const folder = opened.use(await temporaryFolder())
  const configureBuckets = [{ name: bucket }]
  const server = new S3rver({ port: 0, address: '127.0.0.1', silent: true, directory: folder.path, configureBuckets })
  const endpoint = `http://127.0.0.1:${(await server.run()).port}`
  opened.defer(() => server.close())
  client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials })
  opened.defer(() => client.destroy())
  environment = {
    BLOBS_S3_BUCKET: bucket,
    BLOBS_S3_PREFIX: prefix,
    BLOBS_S3_ENDPOINT: endpoint,
    BLOBS_S3_ACCESS_KEY_ID: credentials.accessKeyId,
    BLOBS_S3_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  }
  owner = opened.use(await openOwner())
  kept = await openBlobs(blobConfig.parse(environment), owner)
  opened.defer(() => kept.close())
})
afterAll(() => opened.disposeAsync())

const keys = async () => {
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }))
  return Contents.map(({ Key = '' }) => Key)
}
const at = (id: string) => ({ Bucket: bucket, Key: prefix + id })

blobAcceptance('blobs in an S3-compatible store', () => ({
  blobs: kept.blobs,
  store: owner,
  async damage({ id }) {
    const { Body } = await client.send(new GetObjectCommand(at(id)))
    const bytes = Buffer.from((await Body?.transformToByteArray()) ?? [])
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
    await client.send(new PutObjectCommand({ ...at(id), Body: bytes }))
  },
  async lose({ id }) {
    await client.send(new DeleteObjectCommand(at(id)))
  },
  stored: async () => (await keys()).length,
}))

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
    expect(await keys()).toContain(prefix + replacing.id)
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
