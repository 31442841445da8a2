import { STATUS_CODES } from 'node:http'
import type { ErrorDetail } from '@slipway/contracts'
import type { StatusAnswer } from './status-page.ts'

/** Roles that may write task services, and what others are told (Kids First Release Coordinator). */
export const writers = { roles: ['ADMIN', 'DEV'], refusal: 'Must be a developer' } as const

/** Failed health checks in a row with which a service still counts as `ok` (Kids First Release Coordinator). */
export const toleratedFailures = 3

/** The filter `enabled` of the list: `true` and `false` in any case; any other text is no filter. */
export function enabledFilter(text: string | undefined): boolean | undefined {
  switch (text?.toLowerCase()) {
    case 'true':
      return true
    case 'false':
      return false
    default:
      return undefined
  }
}

/**
 * What a status page says about the url of a task service, in the words of the Kids First Release Coordinator;
 * nothing if the url is good. It asks for the letters `name` anywhere in the answer, because services put it at
 * different depths.
 */
export function urlProblems(url: string, answer: StatusAnswer): ErrorDetail[] {
  if (answer.kind === 'unreachable') return [unreachable(url, answer.message)]
  const { status, text } = answer
  if (status >= 400) return [unreachable(url, `${statusText(status)} for url: ${url}/status`)]
  if (status !== 200) return [unexpected(url, 'response did not return with 200')]
  if (!text.includes('name')) return [unexpected(url, "no 'name' in body")]
  return []
}

function unreachable(url: string, why: string): ErrorDetail {
  return { path: ['url'], reason: 'unreachable', message: `could not reach ${url}: ${why}` }
}

function unexpected(url: string, why: string): ErrorDetail {
  const message = `${url} did not return the expected /status response: ${why}`
  return { path: ['url'], reason: 'unexpected_answer', message }
}

function statusText(status: number): string {
  const side = status < 500 ? 'Client' : 'Server'
  return `${status} ${side} Error: ${STATUS_CODES[status] ?? 'Unknown'}`
}
