import { viewerOf } from '@slipway/contracts'
import { now, type Queryable } from '@slipway/store'
import { identityOf, lockAccount } from './account.store.ts'
import { deleteAccount } from './account-change.ts'
import { platformAuthor } from './delegation.ts'

/**
 * Deletes the account behind an affiliate that is gone; one that is more than that of an affiliate stays. Returns its id;
 * undefined if there is none to delete. The platform does it: whoever deleted the affiliate need not manage accounts.
 * @param madeBefore one that was made later has the login by chance; default: now
 */
export async function deleteLicensee(
  tx: Queryable,
  login: string,
  actor: string,
  madeBefore = new Date(now()),
): Promise<string | undefined> {
  const account = await lockAccount(tx, login)
  if (!account || viewerOf(identityOf(account)).kind !== 'user') return undefined
  if (new Date(account.created_at) > madeBefore) return undefined
  await deleteAccount(tx, account, platformAuthor(actor))
  return account.id
}
