import { type ApprovalState, applicationTypes, approvalStates, type Standing, standings } from '@slipway/contracts'
import { describe, expect, it } from 'vitest'
import { afterRequest, entersSubmitted, isWithApplicant, review, submitted } from './approval.ts'

/** What the published behaviour lets an applicant do, and nothing else. */
const allowed: Readonly<Partial<Record<ApprovalState, ApprovalState>>> = {
  NOT_SUBMITTED: 'SUBMITTED',
  CHANGE_REQUESTED: 'RESUBMITTED',
}

const pairs = approvalStates.flatMap(from => approvalStates.map(to => [from, to] as const))

describe('an applicant', () => {
  it.each(approvalStates)('in %s', state => {
    const next = allowed[state]
    expect(isWithApplicant(state)).toBe(next !== undefined)
    if (next) expect(submitted(state)).toBe(next)
    else expect(() => submitted(state)).toThrow(`An application in state ${state} cannot be submitted.`)
    for (const nothing of [null, undefined]) expect(afterRequest(state, nothing)).toBe(state)
  })

  it.each(pairs)('asks in %s for %s', (from, to) => {
    if (from === to || allowed[from] === to) expect(afterRequest(from, to)).toBe(to)
    else expect(() => afterRequest(from, to)).toThrow(`An applicant cannot put ${from} into ${to}.`)
  })
})

const reviews = pairs.flatMap(([from, to]) =>
  applicationTypes.flatMap(type =>
    standings.flatMap(standing =>
      (['admin', 'staff'] as const).map(reviewer => ({ from, to, type, standing, reviewer })),
    ),
  ),
)

/** The standing that the published table gives. */
function standingOf({ to, type, standing, reviewer }: (typeof reviews)[number]): Standing {
  if (type === 'PRIMARY' && standing === 'APPLYING' && to === 'REJECTED') return 'REJECTED'
  if (type !== 'PRIMARY' || standing !== 'APPLYING' || to !== 'APPROVED') return standing
  return { admin: 'PENDING_INVOICE', staff: 'IN_GOOD_STANDING' }[reviewer] as Standing
}

describe('a reviewer', () => {
  it(`decides as the table says in all ${reviews.length} cases`, () => {
    expect(reviews).toHaveLength(7 * 7 * 3 * 8 * 2)
    for (const one of reviews) {
      const { from: state, to, type, standing, reviewer } = one
      expect(review({ type, state, standing }, to, reviewer), JSON.stringify(one)).toEqual({
        completes: ['APPROVED', 'REJECTED'].includes(to),
        copiesDetails: to === 'APPROVED',
        standing: standingOf(one),
        tellsStaff: to === 'SUBMITTED' && state !== 'SUBMITTED',
        tellsApplicant: to === 'APPROVED',
      })
    }
  })

  it('tells the staff when an application arrives, not when it is there or comes back', () => {
    const telling = pairs.filter(([from, to]) => entersSubmitted(from, to))
    expect(telling.map(([from]) => from)).toEqual(approvalStates.filter(state => state !== 'SUBMITTED'))
    expect(new Set(telling.map(([, to]) => to))).toEqual(new Set(['SUBMITTED']))
  })
})
