import type { OutboundResult } from '@slipway/service'

/** Why a request to a task service failed, or was refused; stored with the task. */
export type Fault = {
  /** In a few words. */
  readonly reason: string
  /** HTTP status of the answer, if there was one. */
  readonly status?: number
  /** The beginning of its body. */
  readonly answer?: string
}

const keptBytes = 1024
/** Longest message of the log. */
const longestMessage = 1000

/** What went wrong with a request, with what its answer said. */
export function faultOf(result: OutboundResult, reason?: string): Fault {
  const said = result.kind === 'answer' ? result : result.partial
  const plain = result.kind === 'answer' ? `answer with status ${result.status}` : result.message
  const answer = said && beginning(said.text)
  return { reason: storable(reason ?? plain), ...(said && { status: said.status }), ...(answer && { answer }) }
}

/** A fault on one line, within what a message of the log may hold beside `before`. */
export function faultText({ reason, answer }: Fault, before = ''): string {
  const text = [before, reason, answer].filter(Boolean).join(': ').replace(/\s+/g, ' ').trim()
  return text.length <= longestMessage ? text : `${cut(text, longestMessage - 1)}…`
}

/** The first KiB, without a character that is cut in two. */
function beginning(text: string): string {
  const bytes = Buffer.from(text.slice(0, keptBytes), 'utf8').subarray(0, keptBytes)
  return storable(new TextDecoder().decode(bytes, { stream: true }))
}

/** PostgreSQL takes neither NUL nor half a character. */
function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\ufffd')
}

function cut(text: string, length: number): string {
  return text.slice(0, length).replace(/[\ud800-\udbff]$/, '')
}
