import { once } from 'node:events'
import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import { failure, isFailure, type SlipwayError } from '@slipway/contracts'
import { createGuardedAgent, type GuardOptions, isGuardError } from '@slipway/service'
import { type Dispatcher, request } from 'undici'
import { isS3Object, publicAddress, type S3Settings, s3Location, signS3Request } from './s3.ts'

export type OriginOptions = GuardOptions & {
  readonly connectTimeoutMs: number
  /** Until the origin begins to answer, for each redirect anew. */
  readonly firstByteTimeoutMs: number
  /** Without a byte in the middle of an answer; a client that does not read is not the origin's fault. */
  readonly idleTimeoutMs: number
  /** Undefined: objects of S3 are asked for without credentials. */
  readonly s3: S3Settings | undefined
}

export type OriginRequest = {
  /** `http`, `https` or `s3`. */
  readonly address: string
  readonly method: 'GET' | 'HEAD'
  readonly headers: Readonly<Record<string, string>>
  readonly signal: AbortSignal
}

/** What the origin answers, redirects followed. `body` has its first bytes, or its end. */
export type OriginAnswer = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Readable
}

export type Origin = {
  /** @throws `bad_upstream` or `timeout`, without a word about the address; the cause has the details */
  open(request: OriginRequest): Promise<OriginAnswer>
  close(): Promise<void>
}

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
const mostRedirects = 10

/**
 * Fetches files from wherever they lie. Each connection passes the guard, also those that redirects lead to; but where
 * the object store is, the operator says, so it may be at an internal address.
 */
export function createOrigin(options: OriginOptions): Origin {
  const agent = createGuardedAgent(options)
  const ofObjectStore = createGuardedAgent({ ...options, allowInternal: true })

  async function ask(
    url: URL,
    { method, headers, signal }: OriginRequest,
    dispatcher: Dispatcher,
  ): Promise<Dispatcher.ResponseData> {
    const send = () =>
      request(url, {
        method,
        headers: { ...headers, 'accept-encoding': 'identity' },
        dispatcher,
        signal,
        headersTimeout: options.firstByteTimeoutMs,
        bodyTimeout: options.idleTimeoutMs,
      })
    return send().catch(error => {
      // An origin may close a kept connection just when it is used again.
      if (signal.aborted || !['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'].includes(error.code)) throw error
      return send()
    })
  }

  async function follow(first: OriginRequest): Promise<OriginAnswer> {
    const start = await locate(first, options.s3)
    let url = httpUrl(start.url)
    let headers = { ...first.headers, ...credentialsOf(url), ...start.headers }
    let dispatcher = start.isOfStore ? ofObjectStore : agent
    for (let followed = 0; ; followed += 1) {
      const answer = await ask(withoutCredentials(url), { ...first, headers }, dispatcher)
      const { location } = answer.headers
      if (!redirects.has(answer.statusCode) || location === undefined) return begun(answer)
      await answer.body.dump()
      if (followed === mostRedirects) throw failure('bad_upstream', 'Too many redirects.')
      const next = httpUrl(String(location), url)
      // Credentials are for the origin that they were meant for.
      if (next.origin !== url.origin) {
        headers = { ...first.headers }
        dispatcher = agent
      }
      url = next
    }
  }

  return {
    open: asked => follow(asked).catch(error => Promise.reject(unreachable(error))),
    async close() {
      await Promise.all([agent.destroy(), ofObjectStore.destroy()])
    },
  }
}

async function locate({ address, method }: OriginRequest, s3: S3Settings | undefined) {
  const object = s3Location(address)
  if (!object) return { url: address, headers: {}, isOfStore: false }
  if (!isS3Object(object)) throw failure('bad_upstream', 'The address is not that of an object.')
  const signed = await signS3Request(object, method, s3)
  if (signed) return { ...signed, isOfStore: s3?.endpoint !== undefined }
  return { url: /^s3:/i.test(address) ? publicAddress(object) : address, headers: {}, isOfStore: false }
}

function httpUrl(address: string, base?: URL): URL {
  const url = URL.parse(address, base?.href)
  if (url && /^https?:$/.test(url.protocol)) return url
  throw failure('bad_upstream', 'The address is not one of HTTP.')
}

/** An address may hold a login and a password for its origin. */
function credentialsOf({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {}
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` }
}

function withoutCredentials(url: URL): URL {
  const plain = new URL(url)
  plain.username = ''
  plain.password = ''
  return plain
}

/** Waits for the first bytes: as long as none is there, a failure can still be told by a status. */
async function begun({ statusCode, headers, body }: Dispatcher.ResponseData): Promise<OriginAnswer> {
  if (!body.readableEnded && body.readableLength === 0) await Promise.race([once(body, 'readable'), once(body, 'end')])
  return { status: statusCode, headers, body }
}

const timeouts: ReadonlySet<string | undefined> = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
])

/** What happened, for the client: never a name or an address, which the texts of the causes are full of. */
function unreachable(cause: NodeJS.ErrnoException): SlipwayError {
  if (isFailure(cause)) return cause
  if (timeouts.has(cause.code)) return failure('timeout', 'The file did not come in time.', { cause })
  const why = isGuardError(cause) ? 'The address of the file is not allowed.' : 'The file cannot be fetched.'
  return failure('bad_upstream', why, { cause })
}
