import type { CallContext } from '@slipway/bus'
import type { AnyTx, Statement } from '@slipway/store'
import { recordAudit } from '../audit/record-audit.ts'
import { affiliateOf, lockAffiliate, saveAffiliate } from './affiliate.store.ts'
import { loginCreated } from './trail.ts'

const give: Statement = {
  name: 'affiliate.give-login',
  text: 'update affiliate set creator = $2 where affiliate_id = $1',
}
/** Those that were made for nobody. */
const apply: Statement = {
  name: 'application.give-login',
  text: `update application set username = $2 where affiliate_id = $1 and username = ''`,
}

/** `actor`: who acted, where only an event tells of it. */
export type Cause = Pick<CallContext, 'identity' | 'traceparent'> & { readonly actor?: string }

/**
 * Lets a new account act for an affiliate that had none, and writes the event that tells the standing of the affiliate.
 * False if the affiliate is gone or another account acts for it, or the account acts for another one. Asking again
 * changes nothing.
 */
export async function giveLogin(
  tx: AnyTx,
  affiliateId: number,
  { login, email }: { readonly login: string; readonly email: string | null },
  cause: Cause,
): Promise<boolean> {
  const row = await lockAffiliate(tx, affiliateId)
  if (!row || row.creator !== null) return row?.creator === login
  if (await affiliateOf(tx.query, login)) return false
  await tx.query(give, [affiliateId, login])
  await tx.query(apply, [affiliateId, login])
  const saved = await saveAffiliate(tx, row, { details: { ...row.details, email } }, cause)
  await recordAudit(tx, [loginCreated(saved, (cause.identity?.login ?? cause.actor ?? 'system').toLowerCase())])
  return true
}
