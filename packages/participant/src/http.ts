import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { failure, isFailure } from '@slipway/contracts'
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
    const path = new URL(request.url ?? '', 'http://localhost').pathname
    const { status, text } = await answer(service, { method: request.method, path, body: () => bodyOf(request) })
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
