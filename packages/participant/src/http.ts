import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { failure, isFailure } from '@slipway/contracts'
import type { Platform, Release } from './platform.ts'
import { answerTask, statusOf, type TaskService } from './protocol.ts'

export type ListenOptions = {
  /** Default 0: a free one. */
  readonly port?: number
  /** Default 127.0.0.1. */
  readonly host?: string
}

export type TaskServer = AsyncDisposable & {
  /** To be registered at the platform. */
  readonly url: string
  readonly port: number
  /** Breaks off every connection and listens no more; what the service does goes on. */
  close(): Promise<void>
}

type Asked = { readonly method: string | undefined; readonly path: string; body(): Promise<string> }
type Answered = { readonly status: number; readonly text: string }

/** Bytes of a body; a command for the most studies that a release may have is a little shorter. */
const maxBodyBytes = 1_048_576
const headers = { 'content-type': 'application/json; charset=utf-8' }

async function answer(service: TaskService, { method, path, body }: Asked): Promise<Answered> {
  const say = (status: number, value: object) => ({ status, text: JSON.stringify(value) })
  if (method === 'GET' && path.endsWith('/status')) return say(200, statusOf(service))
  if (method !== 'POST' || !path.endsWith('/tasks')) return say(404, { message: 'There is no such address.' })
  try {
    return say(200, await answerTask(service, await body()))
  } catch (error) {
    // What the catalogue does not know is a fault of the service: its text is for its own log.
    return isFailure(error) ? say(error.status, { message: error.message }) : say(500, { message: 'Internal error.' })
  }
}

/** Answers `GET …/status` and `POST …/tasks` for a web server that speaks in `Request` and `Response`. */
export async function answerHttp(service: TaskService, request: Request): Promise<Response> {
  const { pathname: path } = new URL(request.url)
  const { status, text } = await answer(service, { method: request.method, path, body: () => request.text() })
  return new Response(text, { status, headers })
}

/** Serves `GET /status` and `POST /tasks` with the web server of Node. */
export async function listenHttp(
  service: TaskService,
  { port = 0, host = '127.0.0.1' }: ListenOptions = {},
): Promise<TaskServer> {
  const server = createServer(async (request, response) => {
    const { method, url = '' } = request
    const { status, text } = await answer(service, {
      method,
      path: url.replace(/\?.*/, ''),
      body: () => bodyOf(request),
    })
    response.writeHead(status, headers).end(text)
  })
  server.listen(port, host)
  await once(server, 'listening')
  const { port: taken } = server.address() as AddressInfo
  const close = async (): Promise<void> => {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${taken}`
  return { url, port: taken, close, [Symbol.asyncDispose]: close }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBodyBytes) throw failure('too_large', `A command has at most ${maxBodyBytes} bytes.`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

export type HttpPlatformOptions = {
  /** Public address of the platform. */
  readonly url: string
  /** Of an administrator, or of a machine client; only reports need one. */
  readonly token: string
}

type Said = { readonly status: number; readonly text: string }

const attempts = 4
const answerMs = 15_000

/** The platform over its public API. Each call is tried four times within some four seconds while the platform is away. */
export function platformOverHttp({ url, token }: HttpPlatformOptions): Platform {
  async function once(method: string, path: string, body?: object, signal?: AbortSignal): Promise<Said> {
    const timeout = AbortSignal.timeout(answerMs)
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      ...(body && { body: JSON.stringify(body) }),
    })
    return { status: response.status, text: await response.text() }
  }

  /** Tries again while the platform is away, overloaded (429) or has a fault of its own (5xx); anything else is its word. */
  async function call(method: string, path: string, body?: object, signal?: AbortSignal): Promise<Said> {
    for (let attempt = 1; ; attempt += 1) {
      const said = await once(method, path, body, signal).catch((error: unknown) => ({
        status: 0,
        text: String(error),
      }))
      signal?.throwIfAborted()
      if (said.status > 0 && said.status < 500 && said.status !== 429) return said
      if (attempt === attempts) throw failure('bad_upstream', textOf(method, path, said))
      await delay(250 * 2 ** attempt, undefined, { signal })
    }
  }

  async function get(path: string, signal?: AbortSignal): Promise<unknown> {
    const said = await call('GET', path, undefined, signal)
    if (said.status === 404) return undefined
    if (said.status >= 300) throw failure('bad_upstream', textOf('GET', path, said))
    return JSON.parse(said.text)
  }

  return {
    async report(task, report, signal) {
      const path = `/tasks/${task}`
      const said = await call('PATCH', path, report, signal)
      return said.status < 300 ? undefined : textOf('PATCH', path, said)
    },
    async taskState(task, signal) {
      const found = (await get(`/tasks/${task}`, signal)) as { readonly state: string } | undefined
      return found?.state
    },
    async release(id, signal) {
      const found = await get(`/releases/${id}`, signal)
      if (found === undefined) throw failure('not_found', `There is no release ${id}.`)
      return found as Release
    },
  }
}

const textOf = (method: string, path: string, { status, text }: Said) =>
  `${method} ${path}: ${status > 0 ? `${status} ` : ''}${text}`
