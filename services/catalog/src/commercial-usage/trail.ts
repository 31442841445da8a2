import type { AuditEntry } from '../audit/record-audit.ts'
import type { UsageRow } from './commercial-usage.ts'

type Told = Pick<UsageRow, 'commercial_usage_id' | 'type' | 'start_date' | 'end_date' | 'state'>

const dataOf = ({ commercial_usage_id, type, start_date, end_date }: Told) => ({
  'usage.type': String(type),
  'usage.commercialUsageId': String(commercial_usage_id),
  'usage.period.start': start_date,
  'usage.period.end': end_date,
})

/** What the trail keeps of usage reports. */
export const usageCreated = (row: Told, affiliate_id: number, principal: string): AuditEntry => ({
  principal,
  type: 'USAGE_CREATED',
  data: dataOf(row),
  affiliate_id,
})
export const usageStateChanged = (row: Told, affiliate_id: number, principal: string): AuditEntry => ({
  principal,
  type: 'USAGE_APPROVAL_STATE_CHANGED',
  data: { ...dataOf(row), 'usage.approvalState': row.state },
  affiliate_id,
})
