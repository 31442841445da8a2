import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'

export type ReceivedMessage = {
  readonly id: string
  readonly headers: IncomingHttpHeaders
  /** As it was sent, to the byte. */
  readonly body: string
}

export type ReceiverAnswer = {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly delayMs?: number
  /** It is held back till then. */
  readonly after?: Promise<void>
}

/** A server that receives messages; each of its paths is a receiver of its own and answers 204 unless told otherwise. */
export type WebhookReceiver = AsyncDisposable & {
  url(path: string): string
  received(path: string): readonly ReceivedMessage[]
  /** From now on; `number` counts the messages of the path from 1. */
  answer(path: string, script: (number: number) => ReceiverAnswer): void
}

export async function webhookReceiver(): Promise<WebhookReceiver> {
  const received = new Map<string, ReceivedMessage[]>()
  const scripts = new Map<string, (number: number) => ReceiverAnswer>()
  const of = (path: string) => received.get(path) ?? received.set(path, []).get(path) ?? []
  const server = createServer(async (request, response) => {
    const path = request.url ?? '/'
    const body = await text(request)
    const messages = of(path)
    messages.push({ id: String(request.headers['webhook-id']), headers: request.headers, body })
    const answer = scripts.get(path)?.(messages.length) ?? { status: 204 }
    if (answer.delayMs) await delay(answer.delayMs)
    await answer.after
    response.writeHead(answer.status, answer.headers ?? {}).end(answer.body)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: path => `http://127.0.0.1:${port}${path}`,
    received: of,
    answer: (path, script) => void scripts.set(path, script),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
