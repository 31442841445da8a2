import { failure } from '@slipway/contracts'

/** What of the trail is wanted; null: any. Days are `YYYY-MM-DD`, the last one included. */
export type AuditFilter = {
  readonly type: string | null
  readonly affiliate: string | null
  readonly application: string | null
  readonly from: string | null
  readonly to: string | null
}

const everything: AuditFilter = { type: null, affiliate: null, application: null, from: null, to: null }
const day = String.raw`(\d{4}-\d{2}-\d{2})`

/** The grammar of MLDS, and types with a slash in them, which it cannot filter. */
const byType = /^auditEventType eq '([\w/]+)'$/
const byAffiliate = /^affiliateId eq '(\d{1,18})'$/
const byApplication = /^applicationId eq '(\d{1,18})'$/
const byDay = new RegExp(`^auditEventDate ge '${day}' and auditEventDate le '${day}'$`)

/** Reads `$filter`, which is one of four forms; blank: everything. @throws `refused` for anything else */
export function readAuditFilter(text: string): AuditFilter {
  const given = text.trim()
  if (given === '') return everything
  const type = byType.exec(given)?.[1]
  if (type !== undefined) return { ...everything, type }
  const affiliate = byAffiliate.exec(given)?.[1]
  if (affiliate !== undefined) return { ...everything, affiliate }
  const application = byApplication.exec(given)?.[1]
  if (application !== undefined) return { ...everything, application }
  const [, from, to] = byDay.exec(given) ?? []
  if (isDay(from) && isDay(to)) return { ...everything, from, to }
  throw failure('refused', `Unknown filter: ${text}`)
}

function isDay(text: string | undefined): text is string {
  if (text === undefined) return false
  const moment = Date.parse(`${text}T00:00:00Z`)
  return !Number.isNaN(moment) && new Date(moment).toISOString().startsWith(text)
}
