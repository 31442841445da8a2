import { isFailure, type UsageState, usageStates, usageTransitions } from '@slipway/contracts'
import { expect, it } from 'vitest'
import { afterTransition, isForStaff, isOpen } from './usage-state.ts'

const after = (
  state: UsageState,
  transition: (typeof usageTransitions)[number],
  effective_to: string | null = null,
) => {
  try {
    return afterTransition({ state, effective_to }, transition)
  } catch (error) {
    if (isFailure(error, 'conflict')) return undefined
    throw error
  }
}

it('goes from the affiliate to the staff, and back only by retracting', () => {
  const table = usageStates.map(state => [state, ...usageTransitions.map(transition => after(state, transition))])
  const no = undefined
  expect(table).toEqual([
    ['NOT_SUBMITTED', 'SUBMITTED', no, no, no, no],
    ['CHANGE_REQUESTED', 'RESUBMITTED', no, no, no, no],
    ['SUBMITTED', no, 'CHANGE_REQUESTED', 'PENDING_INVOICE', no, no],
    ['RESUBMITTED', no, 'CHANGE_REQUESTED', 'PENDING_INVOICE', no, no],
    ['PENDING_INVOICE', no, 'CHANGE_REQUESTED', no, 'INVOICE_SENT', no],
    ['INVOICE_SENT', no, 'CHANGE_REQUESTED', no, no, 'PAID'],
    ['REVIEW_REQUESTED', no, no, no, no, no],
    ['PAID', no, 'CHANGE_REQUESTED', no, no, no],
    ['REJECTED', no, no, no, no, no],
  ])
  expect(usageTransitions.filter(isForStaff)).toEqual(['PENDING_INVOICE', 'INVOICE_SENT', 'PAID'])
})

it('never moves again once it was retracted', () => {
  const moves = usageStates.flatMap(state => usageTransitions.map(transition => after(state, transition, '2026-01-01')))
  expect(new Set(moves)).toEqual(new Set([undefined]))
  expect(usageStates.filter(state => isOpen({ state, effective_to: null }))).toEqual([
    'NOT_SUBMITTED',
    'CHANGE_REQUESTED',
  ])
  expect(usageStates.filter(state => isOpen({ state, effective_to: '2026-01-01' }))).toEqual([])
})
