import { failure, type Identity, isEditor, type Viewer } from '@slipway/contracts'
import type { Queryable } from '@slipway/store'
import { type AffiliateWithApplications, findAffiliate, lockAffiliate } from '../affiliate/affiliate.store.ts'
import { type AffiliateRow, shownAffiliateAlone } from '../affiliate/affiliate.ts'
import type { Countries } from '../country/country.store.ts'
import { accessDenied, notFound, requireKind } from '../member/viewer.ts'
import { affiliateOfReport } from './commercial-usage.store.ts'
import { shownUsage, type UsageRow } from './commercial-usage.ts'
import { isOpen } from './usage-state.ts'

/** A report, whose it is, and who asks. */
export type Report = {
  readonly usage: UsageRow
  readonly affiliate: AffiliateWithApplications
  readonly viewer: Viewer
  /** The report belongs to the caller's login. */
  readonly isOwn: boolean
}

type Read = Queryable['query']

/** A report as the API shows it by itself: with its affiliate, that without its applications and reports. */
export function shownReport(
  { usage, affiliate, viewer }: Pick<Report, 'usage' | 'viewer'> & { readonly affiliate: AffiliateRow },
  countries: Countries,
) {
  const { commercialUsages: _, ...alone } = shownAffiliateAlone(affiliate, viewer, countries)
  return { ...shownUsage(usage, countries), affiliate: alone }
}

/** The affiliate of a report as it is read now. */
export async function reportOf(read: Read, affiliateId: number, id: number): Promise<Omit<Report, 'viewer' | 'isOwn'>> {
  const affiliate = await findAffiliate(read, affiliateId)
  const usage = affiliate?.usages.find(one => one.commercial_usage_id === id)
  if (!affiliate || !usage) throw notFound()
  return { affiliate, usage }
}

/** A report for its affiliate, for staff of every member, or for administrators. @throws `not_found`, also for others */
export async function readReport(read: Read, id: number, identity: Identity | null): Promise<Report> {
  const viewer = requireKind(identity, 'user', 'staff', 'admin')
  const affiliateId = await affiliateOfReport(read, id)
  if (affiliateId === undefined) throw notFound()
  const found = await reportOf(read, affiliateId, id)
  const isOwn = found.affiliate.creator === viewer.login
  if (!isOwn && !isEditor(viewer)) throw notFound()
  return { ...found, viewer, isOwn }
}

/** A report that nobody else changes until the transaction ends: the affiliate is locked, as for all that belongs to it. */
export async function lockReport(tx: Queryable, id: number, identity: Identity | null): Promise<Report> {
  requireKind(identity, 'user', 'staff', 'admin')
  const affiliateId = await affiliateOfReport(tx.query, id)
  if (affiliateId === undefined || !(await lockAffiliate(tx, affiliateId))) throw notFound()
  return readReport(tx.query, id, identity)
}

/**
 * For the affiliate itself and administrators.
 * @throws `forbidden` for staff, `not_found` for others, who may not know of it
 */
export function requireReporter({ viewer, isOwn }: Pick<Report, 'viewer' | 'isOwn'>): void {
  if (isOwn || viewer.kind === 'admin') return
  throw isEditor(viewer) ? accessDenied() : notFound()
}

/** A locked report that its affiliate fills in. @throws `conflict` once it was submitted */
export async function openReport(tx: Queryable, id: number, identity: Identity | null): Promise<Report> {
  const report = await lockReport(tx, id, identity)
  requireReporter(report)
  if (!isOpen(report.usage)) {
    throw failure('conflict', `A usage report in state ${report.usage.state} cannot be changed.`)
  }
  return report
}
