import { failure, type Identity } from '@slipway/contracts'
import type { Queryable } from '@slipway/store'
import { lockAccount } from './account.store.ts'
import { areGood } from './revocation.store.ts'

/** Whoever proved to have an account, and by what it is known that this counts no more. */
export type Holder = Pick<Identity, 'subject' | 'login' | 'revocation_keys'>

/**
 * Locks the account that a new credential is for. Finding out who calls takes its time: a password that was changed, or
 * anything else that ended what the caller came with, would otherwise be outlived by what is made for it afterwards.
 * @throws `unauthenticated`
 */
export async function requireStillGood(tx: Queryable, { login, revocation_keys: keys = [] }: Holder): Promise<void> {
  await lockAccount(tx, login)
  if (!(await areGood(tx, keys))) throw failure('unauthenticated', 'The credentials are not good any more.')
}
