import type { IncomingHttpHeaders } from 'node:http'
import { failure } from '@slipway/contracts'
import { headersForOrigin } from './handed-headers.ts'
import type { OriginAnswer } from './origin.ts'

/*
 * What a client says of the file that it has a part of (RFC 9110, section 13). Origins may ignore it, so it is held
 * against what they answer: bytes of another file never become the rest of the one that somebody began with.
 */

/**
 * Opens a file under the conditions of a request. `If-Match` counts before `If-Unmodified-Since`; a range of another
 * file than `If-Range` names is no answer, the whole of it is.
 * @throws `precondition_failed`, and what `open` throws
 */
export async function openAsAsked(
  conditions: IncomingHttpHeaders,
  method: 'GET' | 'HEAD',
  open: (headers: Readonly<Record<string, string>>) => Promise<OriginAnswer>,
): Promise<OriginAnswer> {
  const { 'if-unmodified-since': unmodifiedSince, ...others } = conditions
  const counted = conditions['if-match'] === undefined ? conditions : others
  const headers = headersForOrigin(counted, method)
  let answer = await open(headers)
  if (answer.status === 206 && isOfAnother(headers['if-range'], answer.headers)) {
    drop(answer)
    const { range, 'if-range': ifRange, ...whole } = headers
    answer = await open(whole)
  }
  if (isMet(counted, answer)) return answer
  drop(answer)
  throw failure('precondition_failed', 'The file is not the one that was asked for.')
}

/** Bodies that are given up in the middle say so by an error, which is of no interest. */
function drop({ body }: OriginAnswer): void {
  body.once('error', () => {})
  body.destroy()
}

/** An entity tag must be the same and strong; a date must be that of the file. What the answer does not tell is trusted. */
export function isOfAnother(ifRange: string | undefined, { etag, 'last-modified': modified }: IncomingHttpHeaders) {
  if (ifRange === undefined) return false
  const known = /^(?:W\/)?"/.test(ifRange) ? etag : modified
  return known !== undefined && (known !== ifRange.trim() || known.startsWith('W/'))
}

/** Errors are what they are, but for a range that is outside: of which file it is the answer may tell. */
export function isMet(
  { 'if-match': ifMatch, 'if-unmodified-since': unmodifiedSince }: IncomingHttpHeaders,
  { status, headers: { etag, 'last-modified': modified } }: Pick<OriginAnswer, 'status' | 'headers'>,
): boolean {
  const isFile = status >= 200 && status < 300
  if (!isFile && status !== 304 && status !== 416) return true
  if (ifMatch !== undefined) {
    if (ifMatch.trim() === '*' || (!isFile && etag === undefined)) return true
    return etag !== undefined && !etag.startsWith('W/') && tagsOf(ifMatch).includes(etag)
  }
  const since = Date.parse(unmodifiedSince ?? '')
  return Number.isNaN(since) || modified === undefined || !(Date.parse(modified) > since)
}

/** Tags may have commas in them. */
const tagsOf = (header: string): string[] => header.match(/(?:W\/)?"[^"]*"/g) ?? []
