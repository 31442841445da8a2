import { Readable } from 'node:stream'
import { withTrailer } from '@slipway/bus'
import { failure } from '@slipway/contracts'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { readUrlencoded } from '../http/form-body.ts'
import { mediaType } from '../http/raw-body.ts'
import { mostFieldBytes, openImportForm, refuseImport, type Target, tooMuch } from './bulk-import-form.ts'

/** The bytes to import, and how they are to be read: an object with `data`, or a file. */
export type ImportBody = {
  readonly form: 'json' | 'file'
  readonly content: AsyncIterable<Uint8Array>
  readonly target?: Target | undefined
  /** The target comes behind the content. */
  readonly trailer?: boolean
}

/** Archives, and what programs call lines, for which no name is registered. */
const lineTypes = [
  'application/zip',
  'application/octet-stream',
  'text/plain',
  ...['ndjson', 'jsonl', 'jsonlines', 'json-lines'].flatMap(name =>
    ['application/', 'application/x-', 'text/'].map(kind => kind + name),
  ),
]

/** Leaves the bodies of a scope to its handlers, as streams: imports are as long as they are. */
export function streamBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
}

const payloadOf = ({ body }: FastifyRequest): Readable => (body instanceof Readable ? body : Readable.from([]))

/** What stays open when an answer comes before its end, so that the answer can be sent. */
const read = (stream: Readable): AsyncIterable<Uint8Array> => stream.iterator({ destroyOnReturn: false })

/**
 * The body of an import. `raw`: as on the older path, the body is the file, however it is labelled.
 * @throws `malformed`, `too_large`, `unsupported_media_type`
 */
export async function importBody(request: FastifyRequest, raw: boolean): Promise<ImportBody> {
  const payload = payloadOf(request)
  const contentType = request.unreadableType ?? request.headers['content-type'] ?? ''
  const type = mediaType(contentType)
  if (type === 'multipart/form-data') {
    const form = await openImportForm(payload, contentType)
    if (form.part === 'none') throw refuseImport('Invalid input.')
    if (form.part === 'data') {
      return { form: 'file', content: read(Readable.from([Buffer.from(form.text)])), target: form.target }
    }
    const content = withTrailer(read(form.content), async () => (await form.target) ?? null)
    return { form: 'file', content, trailer: true }
  }
  // Programs send lines without saying what they are.
  if (raw || type === '' || lineTypes.includes(type)) return { form: 'file', content: read(payload) }
  if (type === 'application/json') return { form: 'json', content: read(payload) }
  if (type !== 'application/x-www-form-urlencoded') {
    throw failure('unsupported_media_type', `Unsupported media type "${contentType}" in request.`)
  }
  const bytes = await boundedBody(request)
  // Command lines send JSON under the label of a form.
  if (/^\s*\{/.test(bytes.toString('utf8', 0, 100))) return { form: 'json', content: Readable.from([bytes]) }
  const data = readUrlencoded(bytes).find(([name]) => name === 'data')?.[1]
  if (typeof data !== 'string') throw refuseImport('Invalid input.')
  return { form: 'file', content: Readable.from([Buffer.from(data)]) }
}

/** A short body as a whole. @throws `too_large` */
export async function boundedBody(request: FastifyRequest): Promise<Buffer> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of read(payloadOf(request))) {
    size += part.length
    if (size > mostFieldBytes) throw tooMuch()
    parts.push(part)
  }
  return Buffer.concat(parts)
}
