import { once } from 'node:events'
import { Agent, type IncomingHttpHeaders, request as send } from 'node:http'
import { text } from 'node:stream/consumers'

export type TestResponse = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** Undefined for an empty body. */
  readonly json: unknown
}

export type TestRequest = {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  readonly agent?: Agent
}

/** Sends exactly what is given: no `Accept`, no content type, nothing that libraries add. */
export async function request(port: number, path: string, given: TestRequest = {}): Promise<TestResponse> {
  const { method = 'GET', headers = {}, body, agent } = given
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
  const outgoing = send({
    host: '127.0.0.1',
    port,
    path,
    method,
    headers: { ...length, ...headers },
    agent: agent ?? new Agent({ keepAlive: false }),
  })
  outgoing.end(body)
  const [incoming] = await once(outgoing, 'response')
  const content = await text(incoming)
  const isJson = content !== '' && String(incoming.headers['content-type']).includes('json')
  return {
    status: incoming.statusCode,
    headers: incoming.headers,
    text: content,
    json: isJson ? JSON.parse(content) : undefined,
  }
}
