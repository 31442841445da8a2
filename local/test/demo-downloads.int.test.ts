import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryFolder } from '@slipway/testing'
import { fastify } from 'fastify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { download, refusedDownload } from '../src/demo/content/download.ts'
import { verifyExport } from '../src/demo/content/verify.ts'
import { platformApi } from '../src/demo/platform-api.ts'
import { zipArchive } from './zip-archive.ts'

/** What the demo says of downloads must be able to be false. */
const content = Buffer.from('words '.repeat(50_000))
const digestOf = (bytes: Buffer) => `sha-256=:${createHash('sha256').update(bytes).digest('base64')}:`
const told = { digest: digestOf(content), status: 200 }

const server = fastify({ forceCloseConnections: true })
server.get('/file', (_request, reply) => reply.code(told.status).header('repr-digest', told.digest).send(content))
const opened = new AsyncDisposableStack()
let folder = ''
let url = ''

beforeAll(async () => {
  folder = opened.use(await temporaryFolder()).path
  url = await server.listen({ port: 0, host: '127.0.0.1' })
  opened.defer(() => server.close())
})
afterAll(() => opened.disposeAsync())

const api = () => platformApi(url, 'T', new AbortController().signal)
const file = (fileSize = String(content.length)) => ({ label: 'x', fileSize, clientDownloadUrl: '/file' })

test('a download is kept when size and digest are as told', async () => {
  const to = join(folder, 'good')
  const sha256 = createHash('sha256').update(content).digest('hex')
  expect(await download(api(), file(), to)).toEqual({ bytes: content.length, sha256 })
  expect(await readFile(to)).toEqual(content)
})

test('a download fails when its size, its digest or its status is another', async () => {
  const to = join(folder, 'bad')
  await expect(download(api(), file('7'), to)).rejects.toThrow('300000 bytes came, the platform says 7')
  told.digest = digestOf(Buffer.from('other'))
  await expect(download(api(), file(), to)).rejects.toThrow('the digest is sha-256=')
  told.status = 403
  await expect(download(api(), file(), to)).rejects.toThrow('GET /file: 403')
})

test('a refusal is one', async () => {
  told.status = 403
  expect(await refusedDownload(api(), file())).toBe(403)
  told.status = 404
  await expect(refusedDownload(api(), file())).rejects.toThrow('GET /file: 404')
  told.status = 200
  await expect(refusedDownload(api(), file())).rejects.toThrow('GET /file: 200')
})

const concept = (id: string) => ({ id, concept_class: 'noun', datatype: 'N/A', names: [] })
const mapping = { id: 'a-b', map_type: 'Hypernym', from: 'a', to: 'b' }
const terminology = { concepts: [concept('a'), concept('b')], mappings: [mapping] }
const version = { concepts: 2, mappings: 1 }

async function verified(concepts: readonly object[], entry = 'export.json') {
  const path = join(folder, 'export.zip')
  const text = JSON.stringify({ type: 'Source Version', source: { id: 'S' }, concepts, mappings: [mapping] })
  await writeFile(path, zipArchive(entry, text))
  const seen: number[] = []
  const onProgress = ({ done }: { readonly done: number }) => void seen.push(done)
  const counts = await verifyExport({ path, terminology, version, label: 'words', onProgress })
  return { counts, seen }
}

test('an export is counted', async () => {
  expect(await verified([concept('a'), { ...concept('b'), names: [{ id: 'no concept' }] }])).toEqual({
    counts: version,
    seen: [3],
  })
})

test('an export that lacks a row, has one more or one twice fails', async () => {
  await expect(verified([concept('a'), concept('c')])).rejects.toThrow('lacks 1 concepts, among them b')
  await expect(verified(['a', 'b', 'c'].map(concept))).rejects.toThrow('has 3 concepts, its version 2')
  await expect(verified(['a', 'b', 'b'].map(concept))).rejects.toThrow('has 4 rows, not 3')
  await expect(verified([], 'other.json')).rejects.toThrow('holds no export.json')
})

test('a damaged archive fails', async () => {
  const path = join(folder, 'damaged.zip')
  const bytes = zipArchive('export.json', JSON.stringify({ concepts: [concept('a')], mappings: [] }))
  bytes[bytes.indexOf('"a"') + 1] = 'b'.charCodeAt(0)
  await writeFile(path, bytes)
  await expect(verifyExport({ path, terminology, version, label: '', onProgress() {} })).rejects.toThrow(/CRC-32/)
})
