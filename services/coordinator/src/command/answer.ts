import { type ReportedFile, readReportedFiles } from '@slipway/contracts'
import type { OutboundResult } from '@slipway/service'

export type TaskServiceAction = 'initialize' | 'start' | 'publish' | 'cancel'

/** What the answer of a task service to a request means. */
export type Verdict =
  | { readonly kind: 'accepted' }
  /** It will not, or what it says makes no sense; `fault` goes into the log where the protocol wants an entry. */
  | { readonly kind: 'refused'; readonly fault?: string }
  /** It could not be reached this time: worth another try. */
  | { readonly kind: 'retry'; readonly reason: string }

const expectedState: Readonly<Partial<Record<TaskServiceAction, string>>> = { start: 'running', publish: 'publishing' }
/** Statuses by which a proxy says that the service behind it is not there at the moment. */
const passing = new Set([502, 503, 504])

/**
 * Reads an answer by the rules of the Kids First protocol: 200 accepts, to start and publish only with the expected
 * `state` if the body has one; anything else refuses. A cancel counts as done whatever the answer is.
 */
export function judge(action: TaskServiceAction, result: OutboundResult): Verdict {
  if (result.kind === 'unreachable') {
    if (result.reason === 'connect') return { kind: 'retry', reason: result.message }
    return action === 'cancel' && result.reason !== 'forbidden'
      ? { kind: 'accepted' }
      : { kind: 'refused', fault: result.message }
  }
  if (passing.has(result.status)) return { kind: 'retry', reason: `answer with status ${result.status}` }
  if (action === 'cancel') return { kind: 'accepted' }
  if (result.status !== 200) {
    // A refusal of the invitation is an answer like any other; later on it is a failed request, and logged as one.
    return action === 'initialize'
      ? { kind: 'refused' }
      : { kind: 'refused', fault: `answer with status ${result.status}` }
  }
  const expected = expectedState[action]
  const state = expected && stateOf(result.text)
  if (state !== undefined && state !== expected) return { kind: 'refused' }
  return { kind: 'accepted' }
}

/** Whether nobody has answered who may do so another time: not delivered, or silence. */
export function isLost(result: OutboundResult): boolean {
  if (result.kind === 'answer') return passing.has(result.status)
  return result.reason === 'connect' || result.reason === 'timeout'
}

function stateOf(text: string): unknown {
  const body = parseObject(text)
  return body?.state ?? undefined
}

/** What a poll learned; `unclear` words of other state machines are ignored. */
export type PollVerdict =
  | {
      readonly kind: 'said'
      readonly state?: string
      readonly progress?: number
      /** Absent too where it is no list of files. */
      readonly files?: readonly ReportedFile[]
    }
  /** No answer in time: the next poll tries again. */
  | { readonly kind: 'silent' }
  /** Not reachable, or a fault of the server: counts towards giving the task up. */
  | { readonly kind: 'failing'; readonly reason: string }
  /** The service does not know the task (any more): given up at once. */
  | { readonly kind: 'lost'; readonly reason: string }

/** Reads the answer to `get_status`. */
export function judgePoll(result: OutboundResult): PollVerdict {
  if (result.kind === 'unreachable') {
    return result.reason === 'timeout' ? { kind: 'silent' } : { kind: 'failing', reason: result.message }
  }
  if (result.status >= 500) return { kind: 'failing', reason: `answer with status ${result.status}` }
  if (result.status >= 400) return { kind: 'lost', reason: `answer with status ${result.status}` }
  const body = parseObject(result.text)
  if (!body) return { kind: 'said' }
  const progress = progressOf(body.progress)
  const files = readReportedFiles(body.files)
  return {
    kind: 'said',
    ...(typeof body.state === 'string' && { state: body.state }),
    ...(progress !== undefined && { progress }),
    ...(files && { files }),
  }
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
