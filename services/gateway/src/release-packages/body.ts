import { failure, isFailure, isJsonObject } from '@slipway/contracts'
import type { FastifyRequest } from 'fastify'
import { readJson } from '../http/json-body.ts'
import { mediaType, rawBodyOf } from '../http/raw-body.ts'

/**
 * A JSON object. No bytes are an empty object, whatever they are labelled: the web client of MLDS labels every request
 * as JSON. @throws `malformed`, `unsupported_media_type`
 */
export function jsonObject(request: FastifyRequest): Record<string, unknown> {
  const value = jsonBody(request)
  if (value === undefined) return {}
  if (isJsonObject(value)) return value
  throw failure('malformed', 'The request body must be a JSON object.')
}

/** Any JSON; undefined for no bytes. @throws `malformed`, `unsupported_media_type` */
export function jsonBody(request: FastifyRequest): unknown {
  const { bytes, contentType } = rawBodyOf(request)
  if (bytes.length === 0) return undefined
  const type = mediaType(contentType)
  if (type !== '' && type !== 'application/json' && !/^application\/[^+]+\+json$/.test(type)) {
    throw failure('unsupported_media_type', `Content type '${contentType}' not supported`)
  }
  try {
    return readJson(bytes)
  } catch (error) {
    throw isFailure(error, 'malformed') ? failure('malformed', `JSON parse error: ${error.message}`) : error
  }
}

/** Bare text, which AngularJS labels as JSON without quoting it; a JSON string stands for its value. @throws `malformed` */
export function bareText(request: FastifyRequest): string {
  const text = utf8Text(rawBodyOf(request).bytes).trim()
  if (!text.startsWith('"')) return text
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'string' ? value : text
  } catch {
    return text
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function utf8Text(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch (cause) {
    throw failure('malformed', 'The body is not valid UTF-8', { cause })
  }
}
