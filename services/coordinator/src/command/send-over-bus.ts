import { setTimeout as delay } from 'node:timers/promises'
import type { Bus } from '@slipway/bus'
import { isFailure } from '@slipway/contracts'
import type { OutboundResult } from '@slipway/service'
import { judgeStanding } from './answer.ts'
import type { TaskServiceRequest, TaskServiceResult } from './task-service-request.ts'

export type BusRequest = {
  readonly bus: Bus
  readonly subject: string
  readonly action: TaskServiceRequest['action']
  readonly bodyOf: (action: string) => string
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
}

/** A command that somebody takes and dies with goes out so often, before nobody's answer counts as one. */
const busCalls = 3

/**
 * On the bus nobody notices that whoever has taken a request is gone, as a broken connection tells it over HTTP. So the
 * request is repeated while it waits, and the first answer counts. Whoever took it may only be slow, and refuse what it
 * has done already when it comes again: before that it is asked how the task is.
 */
export async function sendOverBus(request: BusRequest): Promise<TaskServiceResult> {
  const { action, timeoutMs, signal } = request
  const answered = new AbortController()
  const either = signal ? AbortSignal.any([signal, answered.signal]) : answered.signal
  const partMs = timeoutMs / busCalls
  const calls = Array.from({ length: busCalls }, async (_, index): Promise<TaskServiceResult> => {
    if (index === 0) return sendOnce(request, action, timeoutMs, either)
    await delay(index * partMs, undefined, { signal: either })
    const leftMs = timeoutMs - index * partMs
    if (action === 'get_status' || action === 'cancel') return sendOnce(request, action, leftMs, either)
    const standing = judgeStanding(action, await sendOnce(request, 'get_status', partMs / 2, either))
    if (standing.kind === 'done') return { kind: 'said', said: standing.said }
    return sendOnce(request, action, leftMs - partMs / 2, either)
  })
  try {
    return await firstOf(calls)
  } catch (error) {
    if (!signal?.aborted) throw error
    return { kind: 'unreachable', reason: 'lost', message: 'the request was broken off' }
  } finally {
    answered.abort()
  }
}

/**
 * The first answer that counts. A repetition that is refused may have met a service that is still busy with the first
 * request: that refusal counts if no other answer comes.
 */
function firstOf(calls: readonly Promise<TaskServiceResult>[]): Promise<TaskServiceResult> {
  return new Promise((resolve, reject) => {
    let left = calls.length
    let last: TaskServiceResult | undefined
    for (const [index, call] of calls.entries()) {
      call.then(result => {
        left -= 1
        const isFirst = index === 0
        const isNobody = isFirst && result.kind === 'unreachable' && result.reason === 'connect'
        const isRefusal = result.kind === 'answer' && result.status !== 200
        if (isNobody || (result.kind !== 'unreachable' && (isFirst || !isRefusal))) return resolve(result)
        if (isRefusal || last?.kind !== 'answer') last = result
        if (left === 0) resolve(last)
      }, reject)
    }
  })
}

async function sendOnce(
  { bus, subject, bodyOf }: BusRequest,
  action: TaskServiceRequest['action'],
  timeoutMs: number,
  signal: AbortSignal,
): Promise<OutboundResult> {
  try {
    const reply = await bus.requestRaw(subject, Buffer.from(bodyOf(action)), { timeoutMs, signal })
    return { kind: 'answer', status: reply.status, text: Buffer.from(reply.body).toString('utf8') }
  } catch (error) {
    if (!isFailure(error)) throw error
    if (error.code === 'timeout') return { kind: 'unreachable', reason: 'timeout', message: error.message }
    if (error.code === 'unavailable') return { kind: 'unreachable', reason: 'connect', message: error.message }
    return { kind: 'answer', status: error.status, text: error.message }
  }
}
