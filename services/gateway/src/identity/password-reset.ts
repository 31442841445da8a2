import { createHash, randomBytes } from 'node:crypto'
import type { KnownAccount } from '@slipway/contracts'
import type { Queryable, Store } from '@slipway/store'
import { type ExpressionBuilder, sql } from 'kysely'
import type { Database } from '../database.ts'
import { lower, now, prepare } from '../sql.ts'
import { type Account, findAccount, lockAccount, maySignIn } from './account.store.ts'
import { changedFields } from './account.ts'
import { updateAccount } from './account-change.ts'
import { accountData } from './account-event.ts'
import { revokeAllTokens } from './api-token.store.ts'
import { platformAuthor } from './delegation.ts'

/** Minutes in which a key must be used. */
const goodForMinutes = 60
/** Accounts of one address that are written to. */
const most = 5

/** Another one than that of a key that activates an account, which is kept in the same place: neither does for the other. */
const hashOf = (key: string): Buffer => createHash('sha256').update(`password reset ${key}`).digest()

const maySignInNow = (eb: ExpressionBuilder<Database, 'account'>) =>
  eb.and([eb('activated', '=', true), eb('active', '=', true), eb('deregistered', '=', false)])

const begin = prepare<{ id: string; hash: Buffer }>()('account.begin-reset', (db, p) =>
  db
    .updateTable('account')
    .set({
      activation_hash: p.hash,
      activation_expires_at: sql<string>`now() + ${sql.lit(goodForMinutes)} * interval '1 minute'`,
    })
    .where('id', '=', p.id)
    .where(maySignInNow)
    .returning(accountData('account').as('told')),
)
const ofAddress = prepare<{ email: string }>()('account.of-address', (db, p) =>
  db
    .selectFrom('account')
    .select('id')
    .where(eb => eb(lower(eb.ref('email')), '=', lower(p.email)))
    .where(maySignInNow)
    .orderBy('id')
    .limit(most),
)
const ofKey = prepare<{ hash: Buffer }>()('account.of-reset-key', (db, p) =>
  db
    .selectFrom('account')
    .select('login')
    .where('activation_hash', '=', p.hash)
    .where('activation_expires_at', '>', now)
    .where(maySignInNow),
)
const useKey = prepare<{ id: string; hash: Buffer }>()('account.use-reset-key', (db, p) =>
  db
    .updateTable('account')
    .set({ activation_hash: null, activation_expires_at: null })
    .where('id', '=', p.id)
    .where('activation_hash', '=', p.hash)
    .where('activation_expires_at', '>', now)
    .returning('id'),
)

export type Reset = { readonly told: KnownAccount; readonly key: string }

/** Makes a key for an account, in place of one before, of which a hash is kept; undefined if nobody may sign in with it. */
export async function beginReset(store: Store, id: string): Promise<Reset | undefined> {
  const key = randomBytes(24).toString('base64url')
  const [row] = await store.write(begin, { id, hash: hashOf(key) })
  return row && { told: row.told, key }
}

/** Makes a key for each account that is written to at an address. */
export async function beginResets(store: Store, email: string): Promise<Reset[]> {
  const resets: Reset[] = []
  for (const { id } of await store.read(ofAddress, { email })) {
    const reset = await beginReset(store, id)
    if (reset) resets.push(reset)
  }
  return resets
}

/** The account that a key is good for. */
export async function accountOfKey(store: Store, key: string): Promise<Account | undefined> {
  const [row] = await store.read(ofKey, { hash: hashOf(key) })
  return row && findAccount(store, row.login)
}

/**
 * Sets another password by a key, which is used up, and ends every session and API token of the account: somebody else
 * may have known the old one. False if the key is not good any more.
 */
export async function finishReset(tx: Queryable, login: string, key: string, passwordHash: string): Promise<boolean> {
  const account = await lockAccount(tx, login)
  if (!account || !maySignIn(account) || (await tx.query(useKey, { id: account.id, hash: hashOf(key) })).length === 0)
    return false
  await updateAccount(tx, account, changedFields(account, {}, passwordHash), platformAuthor(account.login))
  await revokeAllTokens(tx, account.id)
  return true
}
