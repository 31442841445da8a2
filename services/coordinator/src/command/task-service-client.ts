import { setTimeout as delay } from 'node:timers/promises'
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

/** A command that somebody takes and dies with goes out so often, before nobody's answer counts as one. */
const busCalls = 3

/**
 * On the bus nobody notices that whoever has taken a request is gone, as a broken connection tells it over HTTP. So the
 * request is repeated while it waits; participants answer a repetition like the first time, and the first answer counts.
 */
async function sendOverBus(
  bus: Bus,
  subject: string,
  body: string,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<OutboundResult> {
  const answered = new AbortController()
  const either = signal ? AbortSignal.any([signal, answered.signal]) : answered.signal
  const calls = Array.from({ length: busCalls }, async (_, index) => {
    const after = (index * timeoutMs) / busCalls
    if (after > 0) await delay(after, undefined, { signal: either })
    return sendOnce(bus, subject, body, timeoutMs - after, either)
  })
  try {
    return await new Promise((resolve, reject) => {
      let left = busCalls
      for (const [index, call] of calls.entries()) {
        call.then(result => {
          left -= 1
          const isNobody = result.kind === 'unreachable' && result.reason === 'connect'
          if (result.kind === 'answer' || (isNobody && index === 0)) resolve(result)
          else if (left === 0) resolve(calls[busCalls - 1] as Promise<OutboundResult>)
        }, reject)
      }
    })
  } finally {
    answered.abort()
  }
}

async function sendOnce(
  bus: Bus,
  subject: string,
  body: string,
  timeoutMs: number,
  signal: AbortSignal,
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
