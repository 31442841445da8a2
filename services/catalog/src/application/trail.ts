import type { ApplicationRow } from '../affiliate/affiliate.ts'
import type { AuditEntry } from '../audit/record-audit.ts'

const entry =
  (type: string) =>
  (row: ApplicationRow, principal: string): AuditEntry => ({
    principal,
    type,
    data: {
      'application.type': row.application_type,
      'application.member': row.member,
      'application.approvalState': row.state,
    },
    affiliate_id: row.affiliate_id,
    application_id: row.application_id,
  })

/** What the trail keeps of applications. */
export const applicationCreated = entry('APPLICATION_CREATED')
export const applicationDeleted = entry('APPLICATION_DELETED')
export const approvalStateChanged = entry('APPLICATION_APPROVAL_STATE_CHANGED')
