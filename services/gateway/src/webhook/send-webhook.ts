import { createGuardedAgent, type GuardOptions, isGuardError } from '@slipway/service'
import { now } from '@slipway/store'
import { type Dispatcher, request } from 'undici'
import { signedHeaders } from './signature.ts'
import { type Attempt, isDelivered, retryAfterSeconds } from './webhook.ts'

export type Message = {
  readonly id: string
  readonly url: string
  readonly body: string
  readonly secrets: readonly string[]
}

/** Posts one message once. Never throws for what the receiver does: the attempt says what happened. */
export type WebhookSender = {
  send(message: Message, signal: AbortSignal): Promise<Attempt>
  close(): Promise<void>
}

export type WebhookSenderOptions = GuardOptions & {
  /** Milliseconds for connecting, sending and the answer. Default 15,000, which Standard Webhooks recommends. */
  readonly timeoutMs?: number
}

/** Bytes of an answer that are kept for its reader, and how much of what went wrong. */
const keptBytes = 1_024
const keptText = 500

export function createWebhookSender({ allowInternal, timeoutMs = 15_000 }: WebhookSenderOptions): WebhookSender {
  const agent = createGuardedAgent({ allowInternal, connectTimeoutMs: timeoutMs })

  async function post({ id, url, body, secrets }: Message, startedAt: Date, signal: AbortSignal) {
    return request(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'Slipway-Webhooks/1.0',
        ...signedHeaders(id, body, secrets, startedAt),
      },
      body,
      dispatcher: agent,
      signal,
    })
  }

  return {
    async send(message, signal) {
      const startedAt = new Date(now())
      const started = performance.now()
      const timeout = AbortSignal.timeout(timeoutMs)
      const ended = () => Math.round(performance.now() - started)
      try {
        const answer = await post(message, startedAt, AbortSignal.any([timeout, signal]))
        const response = await beginning(answer.body)
        const status = answer.statusCode
        const attempt = { startedAt, durationMs: ended(), status, response, error: null, retryAfter: null }
        if (isDelivered(attempt)) return attempt
        const asked = status === 429 || status === 503 ? String(answer.headers['retry-after'] ?? '') : ''
        return {
          ...attempt,
          error: faultOf(status),
          retryAfter: retryAfterSeconds(asked || undefined, new Date(now())),
        }
      } catch (cause) {
        const error = timeout.aborted ? `no answer within ${timeoutMs / 1000} s` : reasonOf(cause)
        return { startedAt, durationMs: ended(), status: null, error, response: null, retryAfter: null }
      }
    },
    close: () => agent.destroy(),
  }
}

function faultOf(status: number): string {
  if (status >= 300 && status < 400) return `answered ${status}: redirects are not followed`
  return `answered ${status}`
}

/** The status has come and counts, whatever becomes of the rest; no more of it is read than is kept. */
async function beginning(body: Dispatcher.ResponseData['body']): Promise<string | null> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      size += chunk.length
      if (size >= keptBytes) break
    }
  } catch {
    // Broken off in the middle, or too slow.
  } finally {
    body.destroy()
  }
  const text = Buffer.concat(chunks).subarray(0, keptBytes).toString('utf8').replaceAll('\0', '')
  return text === '' ? null : text
}

/** The guard's message names the address, which the owner of the webhook has given; no other text is our own. */
function reasonOf(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException
  if (isGuardError(cause)) return message
  return (message || code || 'connection failed').slice(0, keptText)
}
