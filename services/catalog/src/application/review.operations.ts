import type { OperationHandler } from '@slipway/bus'
import { applicationOperations } from '@slipway/contracts'
import { writeHandler } from '@slipway/service'
import { saveAffiliate } from '../affiliate/affiliate.store.ts'
import { shownApplication } from '../affiliate/affiliate.ts'
import { standingChanged } from '../affiliate/trail.ts'
import { principalOf, recordAudit } from '../audit/record-audit.ts'
import { mailBaseUrl } from '../mail/base-url.ts'
import { notFound, requireActingFor, requireEditor } from '../member/viewer.ts'
import { lockApplication, saveApplication } from './application.store.ts'
import { review } from './approval.ts'
import { tellApplicant, tellStaff } from './mails.ts'
import type { ApplicationOptions } from './options.ts'
import { approvalStateChanged } from './trail.ts'

const { approve, setNotes } = applicationOperations

/** What reviewers do with applications. */
export function reviewHandlers({ store, countries, publicUrl }: ApplicationOptions): OperationHandler[] {
  return [
    writeHandler(store, approve, async (tx, { applicationId, state }, context) => {
      const viewer = requireEditor(context.identity)
      const row = await lockApplication(tx, applicationId)
      if (!row) throw notFound()
      requireActingFor(viewer, row.member)
      const { application_type: type, affiliate } = row
      const reviewer = viewer.kind === 'admin' ? 'admin' : 'staff'
      const outcome = review({ type, state: row.state, standing: affiliate.standing }, state, reviewer)
      const saved = await saveApplication(tx, row, { state, completes: outcome.completes }, context)
      const changes = {
        ...(outcome.standing !== affiliate.standing && { standing: outcome.standing }),
        ...(outcome.copiesDetails && { details: row.details }),
      }
      const after = Object.keys(changes).length > 0 ? await saveAffiliate(tx, affiliate, changes, context) : affiliate
      const principal = principalOf(context.identity)
      await recordAudit(tx, [
        ...(after.standing === affiliate.standing ? [] : [standingChanged(after, principal)]),
        approvalStateChanged(saved, principal),
      ])
      const baseUrl = mailBaseUrl(publicUrl)
      if (outcome.tellsStaff) await tellStaff(tx, saved, baseUrl)
      if (outcome.tellsApplicant) await tellApplicant(tx, saved, baseUrl)
      return { body: shownApplication(saved, viewer, await countries(), after) }
    }),

    writeHandler(store, setNotes, async (tx, { applicationId, notes }, context) => {
      const viewer = requireEditor(context.identity)
      const row = await lockApplication(tx, applicationId)
      if (!row) throw notFound()
      requireActingFor(viewer, row.member)
      const saved = await saveApplication(tx, row, { notes_internal: notes ?? null }, context)
      return { body: shownApplication(saved, viewer, await countries(), row.affiliate) }
    }),
  ]
}
