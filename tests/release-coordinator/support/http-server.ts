import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type HttpServer = AsyncDisposable & {
  readonly url: string
  /** Connections are refused until `accept`. */
  refuse(): Promise<void>
  accept(): Promise<void>
}

/** A server on a free port of 127.0.0.1. What the handler throws breaks the connection. */
export async function httpServer(
  handle: (request: IncomingMessage, response: ServerResponse) => Promise<unknown> | unknown,
): Promise<HttpServer> {
  const server = createServer((request, response) => {
    Promise.resolve(handle(request, response)).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const refuse = async () => {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
  return {
    url: `http://127.0.0.1:${port}`,
    refuse,
    async accept() {
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
    },
    [Symbol.asyncDispose]: refuse,
  }
}

export function answerJson(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
