import { type ReportedFile, readReportedFiles, type TaskState, taskStates } from '@slipway/contracts'
import type { OutboundResult } from '@slipway/service'
import { taskCourse } from '../task/task.ts'
import { type Fault, faultOf } from './fault.ts'

export type TaskServiceAction = 'initialize' | 'start' | 'publish' | 'cancel'

/** What the answer of a task service to a request means. */
export type Verdict =
  | { readonly kind: 'accepted' }
  /** It will not, or what it says makes no sense. */
  | { readonly kind: 'refused'; readonly fault: Fault }
  /** It could not be reached this time: worth another try. */
  | { readonly kind: 'retry'; readonly fault: Fault }

const expectedState: Readonly<Partial<Record<TaskServiceAction, string>>> = { start: 'running', publish: 'publishing' }
/** Statuses by which a proxy says that the service behind it is not there at the moment. */
const passing = new Set([502, 503, 504])

/**
 * Reads an answer by the rules of the Kids First protocol: 200 accepts, to start and publish only with the expected
 * `state` if the body has one; anything else refuses. A cancel counts as done whatever the answer is.
 */
export function judge(action: TaskServiceAction, result: OutboundResult): Verdict {
  if (result.kind === 'unreachable') {
    if (result.reason === 'connect' || result.reason === 'lost') return { kind: 'retry', fault: faultOf(result) }
    return action === 'cancel' && result.reason !== 'forbidden'
      ? { kind: 'accepted' }
      : { kind: 'refused', fault: faultOf(result) }
  }
  if (passing.has(result.status)) return { kind: 'retry', fault: faultOf(result) }
  if (action === 'cancel') return { kind: 'accepted' }
  if (result.status !== 200) return { kind: 'refused', fault: faultOf(result) }
  const expected = expectedState[action]
  const state = expected && stateOf(result.text)
  if (state !== undefined && state !== expected) {
    const told = typeof state === 'string' ? state : JSON.stringify(state)
    return { kind: 'refused', fault: faultOf(result, `answer with state ${told.slice(0, 50)} instead of ${expected}`) }
  }
  return { kind: 'accepted' }
}

/** Whether nobody has answered who may do so another time: not delivered, or silence. */
export function isLost(result: OutboundResult): boolean {
  if (result.kind === 'answer') return passing.has(result.status)
  return result.reason === 'connect' || result.reason === 'lost' || result.reason === 'timeout'
}

/** Whether it is certain that a request never arrived. */
export function isUndelivered(result: OutboundResult): boolean {
  return result.kind === 'unreachable' && (result.reason === 'connect' || result.reason === 'forbidden')
}

function stateOf(text: string): unknown {
  const body = parseObject(text)
  return body?.state ?? undefined
}

/** How the task is about which a request was made that nobody has answered, by the answer to `get_status`. */
export type Standing =
  /** The service has done what was asked, or more, or its task has ended: `said` is believed. */
  | { readonly kind: 'done'; readonly said: Said }
  /** It has not, or does not know the task: the request may be repeated. */
  | { readonly kind: 'open' }
  /** It cannot be asked at the moment. */
  | { readonly kind: 'unknown'; readonly fault: Fault }

const course: readonly string[] = taskCourse
const target = { initialize: 'initialized', start: 'running', publish: 'publishing', cancel: 'canceled' } as const

/** Reads the answer to `get_status` that was asked for because the answer to `action` was lost. */
export function judgeStanding(action: TaskServiceAction, result: OutboundResult): Standing {
  if (isLost(result)) return { kind: 'unknown', fault: faultOf(result) }
  const verdict = judgePoll(result)
  // What services call initialized, in the words of the Kids First Release Coordinator.
  const state =
    verdict.kind === 'said' && verdict.state === 'pending' ? 'initialized' : verdict.kind === 'said' && verdict.state
  if (verdict.kind !== 'said' || !state) return { kind: 'open' }
  const isDone = course.includes(state) && course.indexOf(state) >= course.indexOf(target[action])
  return isDone || state === 'failed' || state === 'canceled' ? { kind: 'done', said: verdict } : { kind: 'open' }
}

/** What a task service says of its task; words of other state machines are ignored. */
export type Said = {
  readonly kind: 'said'
  readonly state?: string
  readonly progress?: number
  /** Absent too where it is no list of files. */
  readonly files?: readonly ReportedFile[]
  /** What else it says, where it says that its task has failed. */
  readonly fault?: Fault
}

/** What a poll learned. */
export type PollVerdict =
  | Said
  /** No answer in time: the next poll tries again. */
  | { readonly kind: 'silent' }
  /** Not reachable, or a fault of the server: counts towards giving the task up. */
  | { readonly kind: 'failing'; readonly fault: Fault }
  /** The service does not know the task (any more): given up at once. */
  | { readonly kind: 'lost'; readonly fault: Fault }

/** Reads the answer to `get_status`. */
export function judgePoll(result: OutboundResult): PollVerdict {
  if (result.kind === 'unreachable') {
    return result.reason === 'timeout' ? { kind: 'silent' } : { kind: 'failing', fault: faultOf(result) }
  }
  if (result.status >= 500) return { kind: 'failing', fault: faultOf(result) }
  if (result.status >= 400) return { kind: 'lost', fault: faultOf(result) }
  const body = parseObject(result.text)
  if (!body) return { kind: 'said' }
  const progress = progressOf(body.progress)
  const files = readReportedFiles(body.files)
  return {
    kind: 'said',
    ...(typeof body.state === 'string' && { state: body.state }),
    ...(progress !== undefined && { progress }),
    ...(files && { files }),
    ...(body.state === 'failed' && { fault: faultOf(result, 'answer with state failed') }),
  }
}

/** What was said as a command for the release. */
export function pollCommand(task: string, { state, progress, fault }: Said) {
  const known: TaskState | undefined = taskStates.find(word => word === state)
  return {
    type: 'poll',
    task,
    ...(known && { state: known }),
    ...(progress !== undefined && { progress }),
    ...(fault && { fault }),
  } as const
}

/** A number, or text with or without a percent sign; what is outside 0..100 or no number is not taken. */
function progressOf(value: unknown): number | undefined {
  const text = typeof value === 'string' ? value.trim().replace(/%$/, '') : value
  const number = typeof text === 'string' && text !== '' ? Number(text) : text
  if (typeof number !== 'number' || !Number.isFinite(number)) return undefined
  const whole = Math.trunc(number)
  return whole >= 0 && whole <= 100 ? whole : undefined
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
