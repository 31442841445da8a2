import type { Readable } from 'node:stream'
import { failure, isFailure } from '@slipway/contracts'
import { openForm } from '../http/open-form.ts'

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
export async function openImportForm(payload: Readable, contentType: string): Promise<ImportForm> {
  const options = { file: 'file', fieldBytes: mostFieldBytes, refuseField: tooMuch }
  const { file, fields, ended } = await openForm(payload, contentType, options).catch(error => {
    throw isFailure(error, 'malformed') && !error.details
      ? failure('malformed', `Multipart form parse error - ${error.message}`, { cause: error })
      : error
  })
  const target = () => targetOf(name => fields.get(name)?.trim())
  if (file) return { part: 'file', content: file.bytes, target: ended.then(target) }
  if (fields.has('file_url')) throw notFetched()
  const text = fields.get('data')
  return text === undefined ? { part: 'none' } : { part: 'data', text, target: target() }
}

/** Refuses an import as a whole: one text under `exception`. */
export function refuseImport(message: string, code: 'malformed' | 'too_large' = 'malformed') {
  return failure(code, message, { details: [{ path: ['exception'], reason: 'plain', message }] })
}

export const tooMuch = () => refuseImport(`More than ${mostFieldBytes} bytes in a field; send a file.`, 'too_large')
const notFetched = () => refuseImport('Invalid input. Files are not fetched from elsewhere; send the file.')
