import type { CallContext } from '@slipway/bus'
import type { Queryable } from '@slipway/store'
import { saveApplication } from '../application/application.store.ts'
import { applicationCreated } from '../application/trail.ts'
import { recordAudit } from '../audit/record-audit.ts'
import {
  type AffiliateWithApplications,
  addApplication,
  affiliateOf,
  insertAffiliate,
  lockAffiliate,
  saveAffiliate,
} from './affiliate.store.ts'
import { type Details, emptyDetails } from './affiliate-details.ts'

/** Who is to have an affiliate. */
export type Licensee = {
  readonly login: string
  readonly firstName: string | null
  readonly lastName: string | null
  readonly email: string | null
  readonly country: string | null
  readonly homeMember: string
}

/**
 * The affiliate of a login, made if there is none: applying, with a primary application to its home member that is still
 * to be filled in. Any number of callers may do it at once; one of them makes it.
 */
export async function ensureAffiliate(
  tx: Queryable,
  licensee: Licensee,
  cause: Pick<CallContext, 'identity' | 'traceparent'>,
): Promise<AffiliateWithApplications> {
  const { login, homeMember } = licensee
  const existing = await affiliateOf(tx.query, login)
  if (existing) return existing
  const details = detailsOf(licensee)
  const made = await insertAffiliate(tx, login, homeMember, details, cause)
  // Somebody else has made it meanwhile.
  if (!made) return (await affiliateOf(tx.query, login)) as AffiliateWithApplications
  const application = await addApplication(tx, made, 'PRIMARY', homeMember, login, cause)
  await recordAudit(tx, [applicationCreated(application, login)])
  return (await affiliateOf(tx.query, login)) as AffiliateWithApplications
}

/**
 * For a login that was registered and never activated, and is now registered anew, by whomever: the affiliate that is
 * still to apply becomes theirs, and tells nothing of who came before.
 */
export async function renewAffiliate(
  tx: Queryable,
  { affiliate_id, applications }: AffiliateWithApplications,
  licensee: Licensee,
  cause: Pick<CallContext, 'identity' | 'traceparent'>,
): Promise<void> {
  const affiliate = await lockAffiliate(tx, affiliate_id)
  if (affiliate?.standing !== 'APPLYING' || applications.some(({ state }) => state !== 'NOT_SUBMITTED')) return
  const { homeMember } = licensee
  const details = detailsOf(licensee)
  for (const application of applications) await saveApplication(tx, application, { details, member: homeMember }, cause)
  await saveAffiliate(tx, affiliate, { details, home_member: homeMember }, cause)
}

function detailsOf({ firstName, lastName, email, country }: Licensee): Details {
  return { ...emptyDetails, firstName, lastName, email, address: { ...emptyDetails.address, country } }
}
