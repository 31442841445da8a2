import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

export type HttpListener = {
  readonly port: number
  /** Closes the port and every connection: a caller's connect is refused from now on. */
  close(): Promise<void>
  /** Listens again, on the same port. */
  reopen(): Promise<void>
}

/** A plain HTTP server on a free port of 127.0.0.1. */
export async function listen(handle: RequestListener): Promise<HttpListener> {
  const server = createServer(handle)
  const open = async (port: number): Promise<number> => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  }
  const port = await open(0)
  return {
    port,
    async close() {
      if (!server.listening) return
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
    async reopen() {
      if (!server.listening) await open(port)
    },
  }
}

export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
