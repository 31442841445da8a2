import { type Readable, Transform } from 'node:stream'
import { Dicer } from '@fastify/busboy'
import { failure, isFailure } from '@slipway/contracts'
import type { FastifyRequest } from 'fastify'
import { boundaryOf, mostFields, mostPartHeaders, tooManyFields } from '../http/form-limits.ts'
import { mediaType } from '../http/raw-body.ts'

/** The one file of a form, on its way. */
export type Upload = {
  /** As the client sent it, without folders. Undefined: the part had none. */
  readonly filename: string | undefined
  /** Undefined: the part had none. */
  readonly mimetype: string | undefined
  /** Ends with the file; fails with `too_large` or `malformed`. */
  readonly bytes: AsyncIterable<Uint8Array>
  /** Resolves when the form has ended, or cannot be read any further. */
  readonly ended: Promise<void>
}

const longestField = 4096
const mediaTypePattern = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:\s*;[\x20-\x7e]*)?$/

/**
 * Finds the part of this name in a `multipart/form-data` request whose body is a stream, and hands on its bytes as they
 * come; other parts are passed over, or, without a file name and where `fields` is given, kept there: those in front of
 * the file before this resolves, those behind it before `ended`. Undefined when the form has no such part.
 * @throws `unsupported_media_type` for other types, `malformed`, `too_large` for more than `limit` bytes or
 *   too many parts
 */
export async function multipartUpload(
  request: FastifyRequest,
  name: string,
  limit: number,
  fields?: Map<string, string>,
): Promise<Upload | undefined> {
  const contentType = request.headers['content-type'] ?? ''
  if (mediaType(contentType) !== 'multipart/form-data') {
    throw failure('unsupported_media_type', `Content type '${contentType}' not supported`)
  }
  const boundary = boundaryOf(contentType)
  if (boundary === undefined) throw failure('malformed', 'The form has no boundary')
  return await new Promise((resolve, reject) => {
    const source = request.body as Readable
    const parser = new Dicer({ boundary, maxHeaderPairs: mostPartHeaders })
    let parts = 0
    let found: Transform | undefined
    const texts: Promise<void>[] = []
    const { promise: ended, resolve: end } = Promise.withResolvers<void>()
    const fail = (cause?: Error) => {
      const torn = failure('malformed', 'The parts of the form can not be told apart', { cause })
      const broken = isFailure(cause) ? cause : torn
      // What comes after that is not for a parser.
      source.unpipe(parser)
      found?.destroy(broken)
      reject(broken)
      end()
    }
    parser.on('part', part => {
      if (++parts > mostFields) {
        part.resume()
        return fail(tooManyFields())
      }
      part.on('error', () => part.resume())
      part.on('header', header => {
        const headers = header as Readonly<Record<string, readonly string[] | undefined>>
        const disposition = utf8Of(headers['content-disposition']?.[0] ?? '')
        const partName = parameterOf(disposition, 'name')
        if (fields && partName !== undefined && partName !== name && filenameOf(disposition) === undefined) {
          texts.push(textOf(part).then(value => void fields.set(partName, value)))
          return
        }
        if (found || partName !== name) return void part.resume()
        found = limited(part, limit)
        const type = headers['content-type']?.[0]
        const mimetype = type !== undefined && mediaTypePattern.test(type) ? type : undefined
        const upload = { filename: filenameOf(disposition), mimetype, bytes: found, ended }
        Promise.all(texts).then(() => resolve(upload), fail)
      })
    })
    parser.once('finish', () => {
      const read = () => {
        resolve(undefined)
        end()
      }
      Promise.all(texts).then(read, fail)
    })
    // More than one error may come, and none that nobody listens to.
    parser.on('error', fail)
    source.on('error', fail)
    source.once('aborted', () => fail())
    source.pipe(parser)
  })
}

/** A field that is no file; more than a column takes is refused. */
async function textOf(part: Readable): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of part as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > longestField) throw failure('too_large', `A field has more than ${longestField} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function limited(part: Readable, limit: number): Transform {
  let size = 0
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length
      if (size <= limit) done(null, chunk)
      else done(failure('too_large', `The file has more than ${limit} bytes`))
    },
  })
  part.pipe(counted)
  // It may fail before anybody reads; whoever reads then is told.
  counted.on('error', () => {})
  return counted
}

/** The parser reads headers as Latin-1; browsers write UTF-8. */
function utf8Of(header: string): string {
  const text = Buffer.from(header, 'latin1').toString('utf8')
  return text.includes('\ufffd') ? header : text
}

/** A parameter of `Content-Disposition`; browsers write `%22` for quotes. */
function parameterOf(disposition: string, name: string): string | undefined {
  const [, quoted, bare] =
    new RegExp(`;\\s*${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s;]+))`, 'i').exec(disposition) ?? []
  return quoted?.replaceAll('%22', '"').replaceAll(/\\(["\\])/g, '$1') ?? bare
}

function filenameOf(disposition: string): string | undefined {
  const [, extended] = /;\s*filename\*=utf-8''([^\s;]+)/i.exec(disposition) ?? []
  const given = (extended && decoded(extended)) ?? parameterOf(disposition, 'filename')
  const name = given?.split(/[/\\]/).at(-1)
  return name === '' ? undefined : name
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
