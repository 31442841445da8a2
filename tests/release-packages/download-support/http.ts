import { once } from 'node:events'
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'
import { buffer } from 'node:stream/consumers'

export type DownloadRequest = {
  readonly method?: 'GET' | 'HEAD'
  readonly headers?: Readonly<Record<string, string>>
}

/** An answer whose body is read as far and as fast as the test wants. */
export type Download = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: IncomingMessage
  bytes(): Promise<Buffer>
  /** As JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: bodies of a JSON API
  json(): Promise<any>
}

/** A client over a connection of its own that, unlike fetch, decodes nothing and hides nothing. */
export async function download(url: string, { method = 'GET', headers = {} }: DownloadRequest = {}): Promise<Download> {
  const sent = request(url, { method, headers, agent: false })
  sent.end()
  const [body] = (await once(sent, 'response')) as [IncomingMessage]
  const bytes = () => buffer(body)
  return {
    status: body.statusCode ?? 0,
    headers: body.headers,
    body,
    bytes,
    json: async () => JSON.parse((await bytes()).toString()),
  }
}

/** Checks pieces of a numbered file as they come: byte `n` is `n % 251`. */
export function numberedBytes(start = 0) {
  let at = start
  return {
    get count() {
      return at - start
    },
    take(piece: Buffer): void {
      for (let from = 0; from < piece.length; from += pattern.length - 251) {
        const part = piece.subarray(from, from + pattern.length - 251)
        const shift = (at + from) % 251
        if (!part.equals(pattern.subarray(shift, shift + part.length)))
          throw new Error(`wrong bytes after ${at + from}`)
      }
      at += piece.length
    },
  }
}

const pattern = Buffer.from(Uint8Array.from({ length: 64 * 1024 + 251 }, (_, index) => index % 251))
