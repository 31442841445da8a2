import { createHash, randomBytes } from 'node:crypto'
import type { KnownAccount } from '@slipway/contracts'
import type { Queryable, Statement, Store } from '@slipway/store'
import { type Account, findAccount, lockAccount, maySignIn, updateAccount } from './account.store.ts'
import { changedFields } from './account.ts'
import { revokeAllTokens } from './api-token.store.ts'
import { platformAuthor } from './delegation.ts'

/** Minutes in which a key must be used. */
const goodForMinutes = 60
/** Accounts of one address that are written to. */
const most = 5

/** Another one than that of a key that activates an account, which is kept in the same place: neither does for the other. */
const hashOf = (key: string): Buffer => createHash('sha256').update(`password reset ${key}`).digest()

const begin: Statement = {
  name: 'account.begin-reset',
  text: `
    update account set activation_hash = $2, activation_expires_at = now() + ${goodForMinutes} * interval '1 minute'
    where id = $1 and activated and active and not deregistered
    returning account_told(row(account.*)::account, null, null) as told`,
}
const ofAddress: Statement = {
  name: 'account.of-address',
  text: `select id from account
    where lower(email) = lower($1) and activated and active and not deregistered order by id limit ${most}`,
}
const ofKey: Statement = {
  name: 'account.of-reset-key',
  text: `select login from account
    where activation_hash = $1 and activation_expires_at > now() and activated and active and not deregistered`,
}
const useKey: Statement = {
  name: 'account.use-reset-key',
  text: `update account set activation_hash = null, activation_expires_at = null
    where id = $1 and activation_hash = $2 and activation_expires_at > now() returning id`,
}

export type Reset = { readonly told: KnownAccount; readonly key: string }

/** Makes a key for an account, in place of one before, of which a hash is kept; undefined if nobody may sign in with it. */
export async function beginReset(store: Store, id: string): Promise<Reset | undefined> {
  const key = randomBytes(24).toString('base64url')
  const [row] = await store.write<{ told: KnownAccount }>(begin, [id, hashOf(key)])
  return row && { told: row.told, key }
}

/** Makes a key for each account that is written to at an address. */
export async function beginResets(store: Store, email: string): Promise<Reset[]> {
  const resets: Reset[] = []
  for (const { id } of await store.read<{ id: string }>(ofAddress, [email])) {
    const reset = await beginReset(store, id)
    if (reset) resets.push(reset)
  }
  return resets
}

/** The account that a key is good for. */
export async function accountOfKey(store: Store, key: string): Promise<Account | undefined> {
  const [row] = await store.read<{ login: string }>(ofKey, [hashOf(key)])
  return row && findAccount(store, row.login)
}

/**
 * Sets another password by a key, which is used up, and ends every session and API token of the account: somebody else
 * may have known the old one. False if the key is not good any more.
 */
export async function finishReset(tx: Queryable, login: string, key: string, passwordHash: string): Promise<boolean> {
  const account = await lockAccount(tx, login)
  if (!account || !maySignIn(account) || (await tx.query(useKey, [account.id, hashOf(key)])).length === 0) return false
  await updateAccount(tx, account, changedFields(account, {}, passwordHash), platformAuthor(account.login))
  await revokeAllTokens(tx, account.id)
  return true
}
