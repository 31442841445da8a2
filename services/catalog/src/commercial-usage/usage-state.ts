import { failure, type UsageState, type UsageTransition } from '@slipway/contracts'

type Step = {
  readonly from: readonly UsageState[]
  readonly to: (state: UsageState) => UsageState
  /** Taken by staff of the home member alone; the others by the affiliate as well. */
  readonly byStaff?: true
}

const steps: Readonly<Record<UsageTransition, Step>> = {
  SUBMIT: {
    from: ['NOT_SUBMITTED', 'CHANGE_REQUESTED'],
    to: state => (state === 'NOT_SUBMITTED' ? 'SUBMITTED' : 'RESUBMITTED'),
  },
  RETRACT: {
    from: ['SUBMITTED', 'RESUBMITTED', 'PENDING_INVOICE', 'INVOICE_SENT', 'PAID'],
    to: () => 'CHANGE_REQUESTED',
  },
  PENDING_INVOICE: { from: ['SUBMITTED', 'RESUBMITTED'], to: () => 'PENDING_INVOICE', byStaff: true },
  INVOICE_SENT: { from: ['PENDING_INVOICE'], to: () => 'INVOICE_SENT', byStaff: true },
  PAID: { from: ['INVOICE_SENT'], to: () => 'PAID', byStaff: true },
}

/** The state of a report, and whether it is the one that counts: a retracted one never changes again. */
export type UsageStanding = { readonly state: UsageState; readonly effective_to: string | null }

/** The state after a transition. @throws `conflict` */
export function afterTransition({ state, effective_to }: UsageStanding, transition: UsageTransition): UsageState {
  const { from, to } = steps[transition]
  if (effective_to === null && from.includes(state)) return to(state)
  const what = effective_to === null ? `in state ${state}` : 'that was retracted'
  throw failure('conflict', `A usage report ${what} does not take ${transition}.`)
}

export const isForStaff = (transition: UsageTransition): boolean => steps[transition].byStaff === true

/** Whether the affiliate still fills it in. */
export const isOpen = ({ state, effective_to }: UsageStanding): boolean =>
  effective_to === null && steps.SUBMIT.from.includes(state)
