import type { Readable } from 'node:stream'
import { failure } from '@slipway/contracts'
import type { FastifyRequest } from 'fastify'
import { type FormFile, type OpenForm, openForm } from '../http/open-form.ts'
import { mediaType } from '../http/raw-body.ts'

/** Bytes of a field: more than a column takes. */
const fieldBytes = 4096

/**
 * Opens the form of an upload, whose file is the part `file`.
 * @param limit bytes of the file at most
 * @throws `unsupported_media_type` for what is no such form, `malformed`, `too_large`
 */
export async function openUpload(
  request: FastifyRequest,
  limit: number,
  options = { fields: false },
): Promise<OpenForm> {
  const contentType = request.headers['content-type'] ?? ''
  if (mediaType(contentType) !== 'multipart/form-data') {
    throw failure('unsupported_media_type', `Content type '${contentType}' not supported`)
  }
  const fields = options.fields ? { fieldBytes } : {}
  return openForm(request.body as Readable, contentType, { file: 'file', fileBytes: limit, ...fields })
}

/** Characters of a name at most. */
const longestName = 255

/** How operations know a file: by its name and type, cut where columns end. */
export function describedFile(file: FormFile | undefined) {
  return { filename: file?.filename?.slice(0, longestName), mimetype: file?.mimetype?.slice(0, longestName) }
}

/** The bytes of a file; none of no file. */
export const bytesOf = (file: FormFile | undefined): AsyncIterable<Uint8Array> => file?.bytes ?? nothing()

export async function* nothing(): AsyncGenerator<Uint8Array> {}
