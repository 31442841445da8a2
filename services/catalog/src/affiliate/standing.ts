import { type ApplicationType, type ApprovalState, failure, type Standing } from '@slipway/contracts'

/**
 * The standing after a review: only the primary application of an affiliate that is applying changes it. Whom an
 * administrator approves must pay first; whom the staff of a member approves has settled that with the member (MLDS).
 */
export function standingAfterReview(
  standing: Standing,
  type: ApplicationType,
  to: ApprovalState,
  reviewer: 'admin' | 'staff',
): Standing {
  if (standing !== 'APPLYING' || type !== 'PRIMARY') return standing
  if (to === 'REJECTED') return 'REJECTED'
  if (to !== 'APPROVED') return standing
  return reviewer === 'admin' ? 'PENDING_INVOICE' : 'IN_GOOD_STANDING'
}

/**
 * The standing after staff set it by hand: any to any, but nobody leaves APPLYING without a review, and nobody returns.
 * @throws `conflict`
 */
export function standingByHand(standing: Standing, to: Standing | null | undefined): Standing {
  if (to == null || to === standing) return standing
  if (standing === 'APPLYING') throw failure('conflict', 'The standing of an applicant changes with the application.')
  if (to === 'APPLYING') throw failure('conflict', 'No affiliate becomes an applicant again.')
  return to
}
