import type { Bus } from '@slipway/bus'
import { isFailure } from '@slipway/contracts'
import type { Outbound, OutboundResult } from '@slipway/service'

export type TaskServiceRequest = {
  readonly url: string
  readonly action: 'initialize' | 'start' | 'publish' | 'cancel' | 'get_status'
  readonly task: string
  readonly release: string
  readonly studies: readonly string[]
  /** The same for every try of the same request. */
  readonly idempotencyKey?: string
  readonly signal?: AbortSignal
}

export type TaskServiceClient = { send(request: TaskServiceRequest): Promise<OutboundResult> }

export type TaskServiceClientOptions = {
  readonly bus: Bus
  readonly outbound: Outbound
  /** Headers that identify the coordinator to task services; empty where no token can be had. */
  readonly credentials: () => Promise<Readonly<Record<string, string>>>
  readonly answerTimeoutMs: number
}

/**
 * Speaks the protocol toward task services: `POST {url}/tasks` with JSON for `http(s)://`, the same body as a request
 * on `<subject>.tasks` for `nats://<subject>`.
 */
export function createTaskServiceClient(options: TaskServiceClientOptions): TaskServiceClient {
  const { bus, outbound, credentials, answerTimeoutMs } = options
  return {
    async send({ url, action, task, release, studies, idempotencyKey, signal }) {
      const body = JSON.stringify({ action, task_id: task, release_id: release, studies })
      const subject = /^nats:\/\/(.+)$/.exec(url)?.[1]
      if (subject) return sendOverBus(bus, `${subject}.tasks`, body, answerTimeoutMs, signal)
      return outbound.send({
        url: `${url}/tasks`,
        method: 'POST',
        body,
        ...(signal && { signal }),
        headers: {
          'content-type': 'application/json',
          ...(idempotencyKey && { 'idempotency-key': idempotencyKey }),
          ...(await credentials()),
        },
      })
    },
  }
}

async function sendOverBus(
  bus: Bus,
  subject: string,
  body: string,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<OutboundResult> {
  try {
    const reply = await bus.requestRaw(subject, Buffer.from(body), { timeoutMs, signal })
    return { kind: 'answer', status: reply.status, text: Buffer.from(reply.body).toString('utf8') }
  } catch (error) {
    if (!isFailure(error)) throw error
    if (error.code === 'timeout') return { kind: 'unreachable', reason: 'timeout', message: error.message }
    if (error.code === 'unavailable') return { kind: 'unreachable', reason: 'connect', message: error.message }
    return { kind: 'answer', status: error.status, text: error.message }
  }
}
