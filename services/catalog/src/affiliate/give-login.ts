import type { CallContext } from '@slipway/bus'
import type { Queryable } from '@slipway/store'
import { recordAudit } from '../audit/record-audit.ts'
import { prepare } from '../sql.ts'
import { affiliateOf, lockAffiliate, saveAffiliate } from './affiliate.store.ts'
import { loginCreated } from './trail.ts'

const give = prepare<{ id: number; login: string }>()('affiliate.give-login', (db, p) =>
  db.updateTable('affiliate').set({ creator: p.login }).where('affiliate_id', '=', p.id),
)
/** Those that were made for nobody. */
const apply = prepare<{ id: number; login: string }>()('application.give-login', (db, p) =>
  db.updateTable('application').set({ username: p.login }).where('affiliate_id', '=', p.id).where('username', '=', ''),
)

/** `actor`: who acted, where only an event tells of it. */
export type Cause = Pick<CallContext, 'identity' | 'traceparent'> & { readonly actor?: string }

/**
 * Lets a new account act for an affiliate that had none, and writes the event that tells the standing of the affiliate.
 * False if the affiliate is gone or another account acts for it, or the account acts for another one. Asking again
 * changes nothing.
 */
export async function giveLogin(
  tx: Queryable,
  affiliateId: number,
  { login, email }: { readonly login: string; readonly email: string | null },
  cause: Cause,
): Promise<boolean> {
  const row = await lockAffiliate(tx, affiliateId)
  if (!row || row.creator !== null) return row?.creator === login
  if (await affiliateOf(tx.query, login)) return false
  await tx.query(give, { id: affiliateId, login })
  await tx.query(apply, { id: affiliateId, login })
  const saved = await saveAffiliate(tx, row, { details: { ...row.details, email } }, cause)
  await recordAudit(tx, [loginCreated(saved, (cause.identity?.login ?? cause.actor ?? 'system').toLowerCase())])
  return true
}
