import { request } from 'undici'
import { answerText, decodedBody, tooLong } from './answer-text.ts'
import type { GuardOptions } from './guard.ts'
import { createGuardedAgent, isGuardError } from './guarded-agent.ts'
import { userAgent } from './user-agent.ts'

/**
 * Why no answer could be had. `connect`: there was no connection, so the request cannot have arrived; `lost`: the
 * connection broke, and it may have.
 */
export type UnreachableReason = 'forbidden' | 'connect' | 'lost' | 'timeout' | 'too_large' | 'redirects' | 'invalid_url'

export type OutboundResult =
  | { readonly kind: 'answer'; readonly status: number; readonly text: string }
  | {
      readonly kind: 'unreachable'
      readonly reason: UnreachableReason
      readonly message: string
      /** What was read of an answer that is too long. */
      readonly partial?: { readonly status: number; readonly text: string }
    }

export type OutboundRequest = {
  readonly url: string
  readonly method: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Redirects to follow; each hop passes the guard. Default 0: a redirect is the answer. */
  readonly redirects?: number
  readonly signal?: AbortSignal
}

export type OutboundOptions = GuardOptions & {
  /** Milliseconds to connect. Default 5,000. */
  readonly connectTimeoutMs?: number
  /** Milliseconds for the whole answer, headers and body. Default 15,000. */
  readonly answerTimeoutMs?: number
  /** Longest answer that is read, in bytes. Default 1 MiB. */
  readonly maxBytes?: number
}

/** Bytes that are kept of an answer that is too long. */
const keptBytes = 4096

/** Calls URLs that users gave us. Never throws for what the other side does: the result says what happened. */
export type Outbound = AsyncDisposable & {
  send(request: OutboundRequest): Promise<OutboundResult>
  close(): Promise<void>
}

/** Makes a client whose guard looks at the address of every connection, so that no name can be rebound past it. */
export function createOutbound(options: OutboundOptions): Outbound {
  const { connectTimeoutMs = 5000, answerTimeoutMs = 15_000, maxBytes = 1_048_576 } = options
  const agent = createGuardedAgent({ allowInternal: options.allowInternal, connectTimeoutMs })

  function tooLarge(status: number, head: Buffer = Buffer.alloc(0)): Hop {
    const message = `the answer is longer than ${maxBytes} bytes`
    const partial = { status, text: head.subarray(0, keptBytes).toString('utf8') }
    return { kind: 'unreachable', reason: 'too_large', message, partial }
  }

  async function hop(url: URL, outbound: OutboundRequest, signal: AbortSignal): Promise<Hop> {
    const response = await request(url, {
      method: outbound.method,
      headers: named(outbound.headers),
      ...(outbound.body !== undefined && { body: outbound.body }),
      dispatcher: agent,
      signal,
      headersTimeout: answerTimeoutMs,
      bodyTimeout: answerTimeoutMs,
    })
    const location = response.headers.location
    if (response.statusCode >= 300 && response.statusCode < 400 && location && outbound.redirects) {
      await response.body.dump()
      return { kind: 'redirect', location: String(location) }
    }
    const status = response.statusCode
    const chunks: Buffer[] = []
    let size = 0
    for await (const chunk of response.body as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > maxBytes) {
        response.body.destroy()
        return tooLarge(status, chunks.length > 0 ? Buffer.concat(chunks) : chunk)
      }
      chunks.push(chunk)
    }
    const encoding = response.headers['content-encoding']
    const body = decodedBody(Buffer.concat(chunks), encoding?.toString(), maxBytes)
    return body === tooLong ? tooLarge(status) : { kind: 'answer', status, text: answerText(body) }
  }

  async function send(outbound: OutboundRequest): Promise<OutboundResult> {
    const timeout = AbortSignal.timeout(answerTimeoutMs)
    const signal = outbound.signal ? AbortSignal.any([timeout, outbound.signal]) : timeout
    let target = outbound.url
    let { headers } = outbound
    if (outbound.signal?.aborted) return { kind: 'unreachable', reason: 'connect', message: 'the caller has given up' }
    try {
      for (let followed = 0; ; followed += 1) {
        const url = URL.parse(target)
        if (!url || !/^https?:$/.test(url.protocol)) {
          return { kind: 'unreachable', reason: 'invalid_url', message: `${target} is not an http URL` }
        }
        const result = await hop(url, { ...outbound, ...(headers && { headers }) }, signal)
        if (result.kind !== 'redirect') return result
        if (followed >= (outbound.redirects ?? 0)) {
          return { kind: 'unreachable', reason: 'redirects', message: 'too many redirects' }
        }
        const next = URL.parse(result.location, url.href)
        // Credentials are for the host that they were meant for.
        if (headers && next?.origin !== url.origin) headers = withoutCredentials(headers)
        target = next?.href ?? result.location
      }
    } catch (error) {
      return describe(error, timeout.aborted, answerTimeoutMs)
    }
  }

  const close = () => agent.destroy()
  return { send, close, [Symbol.asyncDispose]: close }
}

type Hop = OutboundResult | { readonly kind: 'redirect'; readonly location: string }

/** Headers with the name of the platform, unless they have one. */
function named(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  const hasName = Object.keys(headers).some(name => name.toLowerCase() === 'user-agent')
  return hasName ? { ...headers } : { 'user-agent': userAgent, ...headers }
}

function withoutCredentials(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'authorization'))
}

function describe(error: unknown, timedOut: boolean, answerTimeoutMs: number): OutboundResult {
  const { code, message } = error as NodeJS.ErrnoException
  if (isGuardError(error)) return { kind: 'unreachable', reason: 'forbidden', message }
  if (code === 'UND_ERR_CONNECT_TIMEOUT')
    return { kind: 'unreachable', reason: 'connect', message: 'connecting timed out' }
  if (timedOut || code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') {
    return { kind: 'unreachable', reason: 'timeout', message: `no answer within ${answerTimeoutMs / 1000} s` }
  }
  const reason = neverConnected.has(code ?? '') ? 'connect' : 'lost'
  return { kind: 'unreachable', reason, message: message || code || 'connection failed' }
}

/** Errors of looking up a name and of connecting: nothing was sent. */
const neverConnected = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
])
