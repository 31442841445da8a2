import { type PublicationState, publicationStates, type Viewer } from '@slipway/contracts'
import type { AffiliateRights, GateDecision } from '../src/download/gate.ts'

/** Every class of everything that the gate looks at. */
const kinds: readonly Viewer['kind'][] = ['anonymous', 'none', 'user', 'member', 'staff', 'admin']
export const standings = [
  ...['APPLYING', 'PENDING_INVOICE', 'INVOICE_SENT', 'IN_GOOD_STANDING', 'DEACTIVATION_PENDING', 'DEACTIVATED'],
  ...['DEREGISTERED', 'REJECTED'],
]
const applicationStates = [
  ...['NOT_SUBMITTED', 'CHANGE_REQUESTED', 'SUBMITTED', 'RESUBMITTED', 'REVIEW_REQUESTED', 'APPROVED', 'REJECTED'],
]
/** The leading member, the one that the caller deals with, and one that it has nothing to do with. */
export const members = ['IHTSDO', 'SE', 'NZ'] as const

type Application = AffiliateRights['applications'][number]

const primary = (member: string, state: string): Application => ({ type: 'PRIMARY', member, state })
const extension = (member: string, state: string, type = 'EXTENSION'): Application => ({ type, member, state })

/** None; a primary one, an extension, an import, in each state; and mixtures where one must not make up for the other. */
export const applicationSets: readonly (readonly Application[])[] = [
  [],
  ...applicationStates.flatMap(state => [
    [primary('SE', state)],
    [primary('IHTSDO', state)],
    [extension('SE', state)],
    [extension('SE', state, 'IMPORT')],
    [primary('SE', 'REJECTED'), extension('NZ', state)],
    [primary('NZ', 'APPROVED'), extension('SE', state), extension('SE', 'REJECTED')],
  ]),
]

export const guardedFiles = members.flatMap(member =>
  publicationStates.map((state): { member: string; state: PublicationState } => ({ member, state })),
)

export type GateCase = {
  readonly viewer: Viewer
  readonly file: { readonly member: string; readonly state: PublicationState }
  readonly affiliate: AffiliateRights | null
}

export const affiliates: readonly (AffiliateRights | null)[] = [
  null,
  ...standings.flatMap(standing => applicationSets.map(applications => ({ standing, applications }))),
]

export function viewers(login: string): Viewer[] {
  return kinds.flatMap((kind): Viewer[] => {
    if (kind === 'anonymous') return [{ kind, member: null, login: null }]
    if (kind === 'staff' || kind === 'member') return members.map(member => ({ kind, member, login }))
    return [{ kind, member: kind === 'admin' ? 'IHTSDO' : null, login }]
  })
}

/**
 * What MLDS answers, told as its documentation tells it and not as the gate computes it: each line is one way in.
 */
export function expectedDecision({ viewer, file, affiliate }: GateCase): GateDecision {
  if (viewer.kind === 'anonymous') return 'unauthenticated'
  const good = ['APPLYING', 'INVOICE_SENT', 'IN_GOOD_STANDING', 'DEACTIVATION_PENDING', 'REJECTED']
  const approvedBy = (test: (application: Application) => boolean) =>
    affiliate?.applications.some(application => application.state === 'APPROVED' && test(application)) === true
  const waysIn = [
    viewer.kind === 'admin',
    viewer.kind === 'staff',
    viewer.kind === 'member' && file.member === 'IHTSDO',
    ...(['online', 'alpha/beta'] as const).flatMap(state =>
      good.flatMap(standing => [
        file.state === state && affiliate?.standing === standing && approvedBy(({ member }) => member === file.member),
        file.state === state &&
          affiliate?.standing === standing &&
          file.member === 'IHTSDO' &&
          approvedBy(({ type }) => type === 'PRIMARY'),
      ]),
    ),
  ]
  return waysIn.includes(true) ? 'allowed' : 'forbidden'
}
