import type { Bus } from '@slipway/bus'
import type { Outbound, OutboundResult } from '@slipway/service'
import { sendOverBus } from './send-over-bus.ts'
import type { TaskServiceRequest, TaskServiceResult } from './task-service-request.ts'

export type TaskServiceClient = {
  /** Gets what requests need beforehand, so that `send` sends at once. */
  prepare(): Promise<void>
  send(request: TaskServiceRequest & { readonly action: 'get_status' }): Promise<OutboundResult>
  send(request: TaskServiceRequest): Promise<TaskServiceResult>
}

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

  async function send(request: TaskServiceRequest & { readonly action: 'get_status' }): Promise<OutboundResult>
  async function send(request: TaskServiceRequest): Promise<TaskServiceResult>
  async function send(request: TaskServiceRequest): Promise<TaskServiceResult> {
    const { url, action, task, release, studies, idempotencyKey, signal } = request
    const bodyOf = (action: string) => JSON.stringify({ action, task_id: task, release_id: release, studies })
    const subject = /^nats:\/\/(.+)$/.exec(url)?.[1]
    if (subject) {
      return sendOverBus({ bus, subject: `${subject}.tasks`, action, bodyOf, timeoutMs: answerTimeoutMs, signal })
    }
    return outbound.send({
      url: `${url}/tasks`,
      method: 'POST',
      body: bodyOf(action),
      ...(signal && { signal }),
      headers: {
        'content-type': 'application/json',
        ...(idempotencyKey && { 'idempotency-key': idempotencyKey }),
        ...(await credentials()),
      },
    })
  }

  return {
    async prepare() {
      await credentials()
    },
    send,
  }
}
