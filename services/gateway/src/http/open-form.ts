import { finished, type Readable, Transform } from 'node:stream'
import { Dicer } from '@fastify/busboy'
import { failure, isFailure, type SlipwayError } from '@slipway/contracts'
import { boundaryOf, mostFields, mostPartHeaders, tooManyFields } from './form-limits.ts'

/** The one file of a form, on its way. */
export type FormFile = {
  /** As the client sent it, without folders. Undefined: the part had none. */
  readonly filename: string | undefined
  /** Undefined: the part had none. */
  readonly mimetype: string | undefined
  /** Ends with the file; fails with `too_large` or `malformed`. */
  readonly bytes: Readable
}

export type OpenForm = {
  /** Undefined: the form has none. */
  readonly file: FormFile | undefined
  /** The texts: with a file those in front of it; those behind it are there when the form has ended. */
  readonly fields: ReadonlyMap<string, string>
  /** Resolves when the form has ended; fails with what keeps it from being read any further. */
  readonly ended: Promise<void>
}

export type FormOptions = {
  /** Name of the part that is the file. */
  readonly file: string
  /** Bytes of it at most. Default: without a limit. */
  readonly fileBytes?: number
  /** Bytes of a field at most. Default: fields are passed over. */
  readonly fieldBytes?: number
  /** What a field of more is refused with. Default: `too_large`. */
  readonly refuseField?: () => SlipwayError
}

const mediaTypePattern = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:\s*;[\x20-\x7e]*)?$/

/**
 * Reads a `multipart/form-data` body that comes as a stream, up to its file, or to its end where there is none. The bytes
 * of the file are handed on as they come; parts that are neither the file nor a field that is kept are passed over.
 * @throws `malformed` when the parts cannot be told apart, `too_large` for long fields and too many parts
 */
export async function openForm(source: Readable, contentType: string, options: FormOptions): Promise<OpenForm> {
  const boundary = boundaryOf(contentType)
  if (boundary === undefined) throw failure('malformed', 'The form has no boundary')
  const { file: fileName, fileBytes = Number.POSITIVE_INFINITY, fieldBytes } = options
  const refuseField = options.refuseField ?? (() => failure('too_large', `A field has more than ${fieldBytes} bytes`))
  return await new Promise((resolve, reject) => {
    const parser = new Dicer({ boundary, maxHeaderPairs: mostPartHeaders })
    const fields = new Map<string, string>()
    const texts: Promise<void>[] = []
    const { promise: ended, resolve: end, reject: endWith } = Promise.withResolvers<void>()
    // It matters to those only who wait for what stands behind the file.
    ended.catch(() => {})
    let parts = 0
    let found: Readable | undefined

    const fail = (cause?: Error) => {
      const torn = failure('malformed', 'The parts of the form can not be told apart', { cause })
      const broken = isFailure(cause) ? cause : torn
      // What comes after that is not for a parser.
      source.unpipe(parser)
      found?.destroy(broken)
      reject(broken)
      endWith(broken)
    }
    const open = (file: FormFile | undefined) => Promise.all(texts).then(() => resolve({ file, fields, ended }), fail)

    parser.on('part', part => {
      if (++parts > mostFields) {
        part.resume()
        return fail(tooManyFields())
      }
      part.on('error', () => part.resume())
      part.on('header', header => {
        const headers = header as Readonly<Record<string, readonly string[] | undefined>>
        const disposition = utf8Of(headers['content-disposition']?.[0] ?? '')
        const filename = filenameOf(disposition)
        const name = parameterOf(disposition, 'name')
        if (fieldBytes !== undefined && name !== undefined && name !== fileName && filename === undefined) {
          texts.push(textOf(part, fieldBytes, refuseField).then(value => void fields.set(name, value)))
          return
        }
        if (found || name !== fileName) return void part.resume()
        found = limited(part, fileBytes)
        const type = headers['content-type']?.[0]
        const mimetype = type !== undefined && mediaTypePattern.test(type) ? type : undefined
        open({ filename, mimetype, bytes: found })
      })
    })
    parser.once('finish', () => open(undefined).then(end))
    // More than one error may come, and none that nobody listens to.
    parser.on('error', fail)
    finished(source, { writable: false }, error => error && fail(error))
    source.pipe(parser)
  })
}

/** A field that is no file. */
async function textOf(part: Readable, most: number, refuse: () => SlipwayError): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of part as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > most) throw refuse()
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
  // It may fail before anybody reads; a later reader gets the error.
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
