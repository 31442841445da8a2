import { randomUUID } from 'node:crypto'
import {
  type DownloadOutcome,
  downloadOperations,
  failure,
  isFailure,
  notificationOperations,
  statisticsOperations,
} from '@slipway/contracts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { jsonObject } from '../body.ts'
import type { Endpoint, EndpointCall } from '../endpoint.ts'
import { attachmentFor } from './attachment.ts'
import { decodedContent } from './decoded-body.ts'
import type { Downloads } from './downloads.ts'
import { headersForClient } from './handed-headers.ts'
import type { OriginAnswer } from './origin.ts'
import { isPlatformFile, openPlatformFile } from './platform-file.ts'
import { openAsAsked } from './preconditions.ts'
import { refusedByOrigin } from './refused-by-origin.ts'

const version = '/api/releasePackages/:releasePackageId/releaseVersions/:releaseVersionId'
const path = `${version}/releaseFiles/:releaseFileId/download`

export const downloadEndpoints: readonly Endpoint[] = [
  {
    method: 'GET',
    path,
    audience: 'signed-in',
    operation: downloadOperations.authorize,
    answer: download,
    guardsOptions: true,
    describe: {
      query: [],
      summary: 'Downloads a file from wherever it lies',
      description: 'Conditional requests and ranges are answered by the origin of the file.',
      produces: ['application/octet-stream'],
      others: { 206: 'The range that was asked for', 304: 'The file did not change' },
    },
  },
  {
    method: 'POST',
    path: `${version}/notifications`,
    audience: 'editor',
    operation: notificationOperations.create,
    describe: {
      description: 'The body is ignored. Mails go out afterwards; each call tells everybody again.',
    },
  },
  {
    method: 'POST',
    path: '/api/audits/getAllAuditEvents',
    audience: 'editor',
    operation: statisticsOperations.downloads,
    input: request => ({ body: jsonObject(request) }),
    describe: { body: 'body' },
  },
]

/** A status for downloads whose client left before there was any; known from other proxies. */
const clientLeft = 499

/**
 * Streams a file from its origin. The catalog decides and is told the end; the bytes go through here only, held back
 * by the client's speed. As soon as bytes were sent a failure shows as a broken connection, never as a complete answer.
 */
async function download({ request, reply, parameters, call, options }: EndpointCall): Promise<FastifyReply> {
  const { bus, downloads } = options
  const method = request.method === 'HEAD' ? 'HEAD' : 'GET'
  const target = parameters as Record<'releasePackageId' | 'releaseVersionId' | 'releaseFileId', number>
  const downloadId = method === 'GET' ? randomUUID() : undefined
  const watch = watchClient(reply)
  const { url: address, sha256 } = await bus.call(downloadOperations.authorize, { ...target, downloadId }, call)

  if (downloadId) watch.ended.then(end => downloads.reports.add({ downloadId, ...end }))
  if (address === null) throw failure('bad_upstream', 'The file has no address.')
  const open = (headers: Readonly<Record<string, string>>) => {
    const asked = { address, method, headers, signal: watch.gone } as const
    return isPlatformFile(address) ? openPlatformFile(bus, asked) : downloads.origin.open(asked)
  }
  const answer = await openAsAsked(request.headers, method, open).catch(error => {
    if (watch.gone.aborted) throw failure('refused', 'The client left.', { status: clientLeft })
    if (!isFailure(error, 'precondition_failed')) logCause(downloads, request, error)
    throw error
  })
  answer.body.once('error', error => {
    if (watch.gone.aborted) return
    watch.originFailed()
    logCause(downloads, request, error)
  })
  reply.raw.setTimeout(downloads.stallMs, () => reply.raw.destroy())
  // Of the bytes as they are kept; an encoding that was undone makes others of them.
  const { status } = answer
  if (sha256 && (status === 200 || status === 206) && answer.headers['content-encoding'] === undefined) {
    reply.header('repr-digest', `sha-256=:${Buffer.from(sha256, 'hex').toString('base64')}:`)
  }
  return send(answer, method, address, reply)
}

function send(answer: OriginAnswer, method: 'GET' | 'HEAD', address: string, reply: FastifyReply): FastifyReply {
  const { status, body } = answer
  const headers = headersForClient(answer.headers, status)
  if (status === 304) {
    body.destroy()
    return reply.code(304).headers(headers).send()
  }
  if (status < 200 || status > 299) {
    body.destroy()
    if (status === 416 && headers['content-range']) reply.header('content-range', headers['content-range'])
    throw refusedByOrigin(status)
  }
  const encoding = answer.headers['content-encoding']
  const content = decodedContent(encoding, status, { headers, body })
  reply
    .code(status === 206 ? 206 : 200)
    .header('content-type', 'application/octet-stream')
    .header('content-disposition', attachmentFor(address.split(/[?#]/, 1)[0] as string))
    // A page among the files must not act in the name of whoever opens it.
    .header('content-security-policy', 'sandbox')
    .headers(content.headers)
  if (method === 'GET') return reply.send(content.body)
  content.body.destroy()
  return reply.send()
}

/** Follows how the answer fares, from before anything is sent until its connection is done with it. */
function watchClient(reply: FastifyReply) {
  const gone = new AbortController()
  let originFailed = false
  const { raw } = reply
  const ended = new Promise<{ status: number; outcome: DownloadOutcome }>(resolve => {
    raw.once('close', () => {
      const status = raw.headersSent ? raw.statusCode : clientLeft
      if (raw.writableFinished) return resolve({ status, outcome: 'complete' })
      gone.abort()
      resolve({ status, outcome: originFailed ? 'origin_failed' : 'client_gone' })
    })
  })
  return {
    /** Aborted when the client left before the end, or was cut off. */
    gone: gone.signal,
    ended,
    originFailed() {
      originFailed = true
    },
  }
}

/** The address of the origin is for the log only. */
function logCause({ log }: Downloads, { url }: FastifyRequest, error: unknown): void {
  const { cause, code, message } = error as NodeJS.ErrnoException
  const { code: causeCode, message: causeText } = (cause ?? { code, message }) as NodeJS.ErrnoException
  log.warn({ event: 'download', url, code: causeCode, cause: causeText }, message)
}
