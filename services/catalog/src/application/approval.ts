import { type ApplicationType, type ApprovalState, failure, type Standing } from '@slipway/contracts'
import { standingAfterReview } from '../affiliate/standing.ts'

const submissions: Readonly<Partial<Record<ApprovalState, ApprovalState>>> = {
  NOT_SUBMITTED: 'SUBMITTED',
  CHANGE_REQUESTED: 'RESUBMITTED',
}

/** Applicants may change an application while it is with them. */
export const isWithApplicant = (state: ApprovalState): boolean => submissions[state] !== undefined

/**
 * The state after its applicant submits it.
 * @throws `conflict` when it was submitted already
 */
export function submitted(state: ApprovalState): ApprovalState {
  const next = submissions[state]
  if (!next) throw failure('conflict', `An application in state ${state} cannot be submitted.`)
  return next
}

/**
 * The state after its applicant asked for one; nothing or the same leaves it as it is.
 * @throws `conflict` for every state but the one that submitting leads to
 */
export function afterRequest(state: ApprovalState, to: ApprovalState | null | undefined): ApprovalState {
  if (to == null || to === state) return state
  if (submissions[state] !== to) throw failure('conflict', `An applicant cannot put ${state} into ${to}.`)
  return to
}

/** What a review does beside setting the state. */
export type Review = {
  readonly completes: boolean
  /** The details of the application become those of the affiliate. */
  readonly copiesDetails: boolean
  readonly standing: Standing
  readonly tellsStaff: boolean
  readonly tellsApplicant: boolean
}

/** Reviewers may put an application into any state, whatever it was in. */
export function review(
  application: { readonly type: ApplicationType; readonly state: ApprovalState; readonly standing: Standing },
  to: ApprovalState,
  reviewer: 'admin' | 'staff',
): Review {
  const { type, state, standing } = application
  const approves = to === 'APPROVED'
  return {
    completes: approves || to === 'REJECTED',
    copiesDetails: approves,
    standing: standingAfterReview(standing, type, to, reviewer),
    tellsStaff: entersSubmitted(state, to),
    tellsApplicant: approves,
  }
}

/** The staff of a member is told of what is submitted, not of what comes back. */
export const entersSubmitted = (from: ApprovalState, to: ApprovalState): boolean =>
  to === 'SUBMITTED' && from !== 'SUBMITTED'
