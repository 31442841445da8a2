import { leadingMember, type PublicationState, type Viewer } from '@slipway/contracts'

/** The file that is asked for: whose it is, and who may see its version. */
export type GuardedFile = { readonly member: string; readonly state: PublicationState }

/** The affiliate whose creator is the caller. */
export type AffiliateRights = {
  readonly standing: string
  readonly applications: readonly {
    readonly type: string
    readonly state: string
    readonly member: string
  }[]
}

export type GateDecision = 'allowed' | 'unauthenticated' | 'forbidden'

/** INVOICE_SENT, DEACTIVATION_PENDING, REJECTED and APPLYING do not block by themselves. */
const blocking: ReadonlySet<string> = new Set(['DEACTIVATED', 'DEREGISTERED', 'PENDING_INVOICE'])

/**
 * Who may download a file, by the rules of MLDS; the first one that fits counts. Whoever is signed in counts as a user
 * there, whatever other roles they have.
 */
export function mayDownload(viewer: Viewer, file: GuardedFile, affiliate: AffiliateRights | null): GateDecision {
  if (viewer.kind === 'anonymous') return 'unauthenticated'
  if (viewer.kind === 'staff' || viewer.kind === 'admin') return 'allowed'
  if (viewer.kind === 'member' && file.member === leadingMember) return 'allowed'
  const entitled =
    affiliate !== null &&
    file.state !== 'offline' &&
    !blocking.has(affiliate.standing) &&
    acceptedMemberships(affiliate).has(file.member)
  return entitled ? 'allowed' : 'forbidden'
}

/** Members whose packages an affiliate may have. Its home member alone gives nothing. */
export function acceptedMemberships({ applications }: AffiliateRights): ReadonlySet<string> {
  const approved = applications.filter(({ state }) => state === 'APPROVED')
  return new Set(approved.flatMap(({ type, member }) => (type === 'PRIMARY' ? [leadingMember, member] : [member])))
}
