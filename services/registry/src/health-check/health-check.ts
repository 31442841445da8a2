import type { StatusAnswer } from '../task-service/status-page.ts'
import { toleratedFailures } from '../task-service/task-service.ts'

/** What one look at a status page found. */
export type Verdict = {
  readonly ok: boolean
  /** What was wrong; null when it was good. */
  readonly detail: string | null
}

/** Any status below 400 is good, whatever the answer says (Kids First Release Coordinator). */
export function judge(answer: StatusAnswer): Verdict {
  if (answer.kind === 'unreachable') return { ok: false, detail: storable(answer.message) }
  if (answer.status >= 400) return { ok: false, detail: `answered with status ${answer.status}` }
  return { ok: true, detail: null }
}

const longestDetail = 500

/** Services on the bus word their own failures. Postgres takes no NUL, and an unrecorded check would hide a failure. */
function storable(text: string): string {
  return text.replaceAll('\0', '').slice(0, longestDetail)
}

export type Health = {
  /** Failed checks since the last good one. */
  readonly failures: number
  /** Set when this check, and not one before it, changed the health status. */
  readonly turned?: 'down' | 'recovered'
}

/** The health of a service that had failed `failures` checks in a row, after one more check. */
export function afterCheck(failures: number, ok: boolean): Health {
  const next = ok ? 0 : failures + 1
  if (failures <= toleratedFailures && next > toleratedFailures) return { failures: next, turned: 'down' }
  if (failures > toleratedFailures && next <= toleratedFailures) return { failures: next, turned: 'recovered' }
  return { failures: next }
}
