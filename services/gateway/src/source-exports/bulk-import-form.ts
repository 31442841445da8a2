import { finished, type Readable } from 'node:stream'
import { Busboy, type BusboyInstance } from '@fastify/busboy'
import { failure } from '@slipway/contracts'
import { mostFields, mostPartHeaders, tooManyFields } from '../http/form-limits.ts'

/** What a form brings to import: a file, whose bytes are still to come, or text of lines. */
export type ImportForm =
  | {
      readonly part: 'file'
      readonly content: Readable
      /** Known when the file is read: fields may stand behind it. */
      readonly target: Promise<Target | undefined>
    }
  | { readonly part: 'data'; readonly text: string; readonly target: Target | undefined }
  | { readonly part: 'none' }

/** Where an import goes instead of where its lines say, as it was sent. */
export type Target = Readonly<Partial<Record<(typeof targetFields)[number], string>>>

export const targetFields = ['owner', 'owner_type', 'version'] as const

/** Undefined when nothing is said; empty fields say nothing. */
export function targetOf(fieldOf: (name: string) => string | undefined): Target | undefined {
  const said = targetFields.flatMap(name => (fieldOf(name) ? [[name, fieldOf(name)] as const] : []))
  return said.length > 0 ? Object.fromEntries(said) : undefined
}

/** Bytes of a field: what does not fit is to be sent as a file, which is not held. */
export const mostFieldBytes = 8 * 1024 * 1024

/**
 * Reads `multipart/form-data` up to its file, or to its end where there is none.
 * @throws `malformed` when the parts cannot be told apart, `too_large` for text that should be a file and for too many parts
 */
export function openForm(payload: Readable, contentType: string): Promise<ImportForm> {
  return new Promise((resolve, reject) => {
    let content: Readable | undefined
    let text: string | undefined
    const fields = new Map<string, string>()
    const whole = Promise.withResolvers<void>()
    whole.promise.catch(() => {})
    const target = () => targetOf(name => fields.get(name))
    function fail(cause: unknown): void {
      const error = failure('malformed', `Multipart form parse error - ${(cause as Error).message}`, { cause })
      reject(error)
      whole.reject(error)
      content?.destroy(error)
    }
    const form = parserOf(contentType)
    if (form instanceof Error) return fail(form)

    form.on('file', (name, file) => {
      // Its error is for whoever reads it; nobody may.
      file.on('error', () => {})
      if (name !== 'file' || content) return void file.resume()
      content = file
      resolve({ part: 'file', content: file, target: whole.promise.then(target) })
    })
    form.on('field', (name, value, _nameCut, valueCut) => {
      if (name === 'data' && valueCut) reject(tooMuch())
      else if (name === 'data') text = value
      else if (name === 'file_url') reject(notFetched())
      else fields.set(name, value.trim())
    })
    form.on('partsLimit', () => {
      payload.unpipe(form)
      reject(tooManyFields())
      content?.destroy(tooManyFields())
    })
    form.on('error', fail)
    form.on('finish', () => {
      whole.resolve()
      resolve(text === undefined ? { part: 'none' } : { part: 'data', text, target: target() })
    })
    finished(payload, { writable: false }, error => error && fail(new Error('the request ended early')))
    payload.pipe(form)
  })
}

function parserOf(contentType: string): BusboyInstance | Error {
  try {
    return new Busboy({
      headers: { 'content-type': contentType },
      limits: { fieldSize: mostFieldBytes, parts: mostFields, headerPairs: mostPartHeaders },
    })
  } catch (error) {
    return error as Error
  }
}

/** Refuses an import as a whole: one text under `exception`. */
export function refuseImport(message: string, code: 'malformed' | 'too_large' = 'malformed') {
  return failure(code, message, { details: [{ path: ['exception'], reason: 'plain', message }] })
}

export const tooMuch = () => refuseImport(`More than ${mostFieldBytes} bytes in a field; send a file.`, 'too_large')
const notFetched = () => refuseImport('Invalid input. Files are not fetched from elsewhere; send the file.')
