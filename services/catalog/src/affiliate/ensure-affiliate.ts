import type { CallContext } from '@slipway/bus'
import type { AnyTx } from '@slipway/store'
import { applicationCreated } from '../application/trail.ts'
import { recordAudit } from '../audit/record-audit.ts'
import { type AffiliateWithApplications, addApplication, affiliateOf, insertAffiliate } from './affiliate.store.ts'
import { emptyDetails } from './affiliate-details.ts'

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
  tx: AnyTx,
  { login, firstName, lastName, email, country, homeMember }: Licensee,
  cause: Pick<CallContext, 'identity' | 'traceparent'>,
): Promise<AffiliateWithApplications> {
  const existing = await affiliateOf(tx.query, login)
  if (existing) return existing
  const address = { ...emptyDetails.address, country }
  const details = { ...emptyDetails, firstName, lastName, email, address }
  const made = await insertAffiliate(tx, login, homeMember, details, cause)
  // Somebody else has made it meanwhile.
  if (!made) return (await affiliateOf(tx.query, login)) as AffiliateWithApplications
  const application = await addApplication(tx, made, 'PRIMARY', homeMember, login, cause)
  await recordAudit(tx, [applicationCreated(application, login)])
  return { ...made, applications: [application] }
}
