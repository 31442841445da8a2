import type { AuditEntry } from '../audit/record-audit.ts'
import type { AffiliateRow } from './affiliate.ts'

const entry =
  (type: string) =>
  (row: AffiliateRow, principal: string): AuditEntry => ({
    principal,
    type,
    data: { 'affiliate.standingState': row.standing, 'affiliate.homeMember': row.home_member },
    affiliate_id: row.affiliate_id,
  })

/** What the trail keeps of affiliates. */
export const affiliateUpdated = entry('AFFILIATE_UPDATED')
export const affiliateDeleted = entry('AFFILIATE_DELETED')
export const standingChanged = entry('AFFILIATE_STANDING_STATE_CHANGED')
export const loginCreated = entry('AFFILIATE_LOGIN_CREATED')
export const createdByImport = entry('AFFILIATE_CREATED_BY_IMPORT')
export const updatedByImport = entry('AFFILIATE_UPDATED_BY_IMPORT')
