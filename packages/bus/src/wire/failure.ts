import type { Msg } from '@nats-io/nats-core'
import {
  type ErrorBody,
  type ErrorCode,
  errorBody,
  errorCatalogue,
  failure,
  header,
  isFailure,
  type SlipwayError,
} from '@slipway/contracts'
import type { Encoded } from './encoded.ts'
import { encodeHeaders, type Headers, headerLine, headerText } from './headers.ts'
import { decodeJson, encodeBody } from './json.ts'
import { received } from './names.ts'

/** An error as it goes over the wire; what is not of the catalogue becomes `internal`. Details that do not fit are left out. */
export function encodeFailure(error: unknown, limit = Number.POSITIVE_INFINITY, extraLines = ''): Encoded {
  const content = errorBody(error)
  const status = isFailure(error) ? error.status : errorCatalogue.internal.status
  const lines = headerLine(header.error, headerText(content.message)) + headerLine(header.errorCode, status)
  const headers = encodeHeaders(lines + extraLines)
  const body = encodeBody(content)
  if (body.length + (headers?.bytes.length ?? 0) <= limit) return { body, headers }
  return { body: encodeBody({ ...content, message: headerText(content.message), details: undefined }), headers }
}

/** The error a message holds, as the other side threw it; undefined if it holds none. */
export function readFailure(message: Msg, { values }: Headers): SlipwayError | undefined {
  const status = values.get(received.errorCode)
  const description = values.get(received.error)
  if (status === undefined && description === undefined) return undefined
  const content = readErrorBody(message.data)
  const code = content?.code ?? codeOfStatus(Number(status))
  return failure(code, content?.message ?? description ?? errorCatalogue[code].summary, {
    ...(Number(status) >= 400 && { status: Number(status) }),
    ...(content?.details && { details: content.details }),
    ...(content?.retryAfter !== undefined && { retryAfter: content.retryAfter }),
  })
}

/** Undefined for bodies of programs that know the headers of NATS services, but not our catalogue. */
function readErrorBody(bytes: Uint8Array): ErrorBody | undefined {
  let content: unknown
  try {
    content = decodeJson(bytes)
  } catch {
    return undefined
  }
  if (typeof content !== 'object' || content === null || !('code' in content) || !('message' in content))
    return undefined
  const { code, message } = content
  if (typeof code !== 'string' || !Object.hasOwn(errorCatalogue, code) || typeof message !== 'string') return undefined
  return content as ErrorBody
}

function codeOfStatus(status: number): ErrorCode {
  const entry = Object.entries(errorCatalogue).find(([, { status: own }]) => own === status)
  if (entry) return entry[0] as ErrorCode
  return status >= 400 && status < 500 ? 'refused' : 'bad_upstream'
}
