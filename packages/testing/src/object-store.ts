import type { IncomingMessage, ServerResponse } from 'node:http'
import { listen } from './http-listener.ts'
import { temporaryFolder } from './temporary-folder.ts'

export type ObjectStoreRequest = { readonly method: string; readonly path: string }

export type HoldOptions = {
  /** Which requests. Default: all. */
  readonly when?: (request: ObjectStoreRequest) => boolean
  /** They are answered with this status instead. */
  readonly status?: number
}

export type ObjectStore = AsyncDisposable & {
  /** What services need to keep their bytes here. */
  readonly environment: Readonly<Record<string, string>>
  /** What services have asked for. */
  readonly requests: readonly ObjectStoreRequest[]
  /** Keys in the bucket; these and the next three work whatever the services see. */
  keys(): Promise<string[]>
  get(key: string): Promise<Buffer>
  put(key: string, bytes: Uint8Array): Promise<void>
  remove(key: string): Promise<void>
  /** Services get no answer until what is returned is disposed of; those that still wait then are answered. */
  hold(options?: HoldOptions): Disposable & { readonly waiting: number }
  /** Services find the port closed, and lose the connections that they have. */
  close(): Promise<void>
  reopen(): Promise<void>
}

const bucket = 'slipway'
const region = 'us-east-1'
/** The only account of the server. */
const credentials = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' }

/** An S3-compatible store with the bucket `slipway`, on two ports: the services' own can fail, the tests' cannot. */
export async function objectStore(): Promise<ObjectStore> {
  // Both are large, and most tests do without.
  const [{ default: S3rver }, s3] = await Promise.all([import('s3rver'), import('@aws-sdk/client-s3')])
  const opened = new AsyncDisposableStack()
  const folder = opened.use(await temporaryFolder())
  const configureBuckets = [{ name: bucket }]
  const server = new S3rver({ port: 0, address: '127.0.0.1', silent: true, directory: folder.path, configureBuckets })
  const { port } = await server.run()
  opened.defer(() => server.close())
  const endpoint = `http://127.0.0.1:${port}`
  const client = new s3.S3Client({ endpoint, region, forcePathStyle: true, credentials })
  opened.defer(() => client.destroy())

  const answer = server.callback()
  const requests: ObjectStoreRequest[] = []
  const waiting = new Set<() => void>()
  let held: HoldOptions | undefined
  const listener = await listen((request: IncomingMessage, response: ServerResponse) => {
    const asked = { method: request.method ?? '', path: request.url ?? '' }
    requests.push(asked)
    const serve = () => !request.destroyed && answer(request, response)
    if (held?.when?.(asked) === false || !held) serve()
    else if (held.status === undefined) waiting.add(serve)
    else response.writeHead(held.status).end()
  })
  opened.defer(() => listener.close())

  return {
    environment: {
      BLOBS_S3_BUCKET: bucket,
      BLOBS_S3_ENDPOINT: `http://127.0.0.1:${listener.port}`,
      BLOBS_S3_REGION: region,
      BLOBS_S3_ACCESS_KEY_ID: credentials.accessKeyId,
      BLOBS_S3_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    },
    requests,
    async keys() {
      const pages = s3.paginateListObjectsV2({ client }, { Bucket: bucket })
      const keys: string[] = []
      for await (const { Contents = [] } of pages) keys.push(...Contents.map(({ Key = '' }) => Key))
      return keys
    },
    async get(key) {
      const { Body } = await client.send(new s3.GetObjectCommand({ Bucket: bucket, Key: key }))
      return Buffer.from((await Body?.transformToByteArray()) ?? [])
    },
    async put(key, bytes) {
      await client.send(new s3.PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes }))
    },
    async remove(key) {
      await client.send(new s3.DeleteObjectCommand({ Bucket: bucket, Key: key }))
    },
    hold(options = {}) {
      held = options
      return {
        get waiting() {
          return waiting.size
        },
        [Symbol.dispose]() {
          held = undefined
          for (const serve of waiting) serve()
          waiting.clear()
        },
      }
    },
    close: listener.close,
    reopen: listener.reopen,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}
