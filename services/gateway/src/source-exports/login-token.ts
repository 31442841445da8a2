import { randomUUID } from 'node:crypto'
import type { Queryable, Store } from '@slipway/store'
import { findToken, isAlive, revokeToken } from '../identity/api-token.store.ts'
import { hashOfToken, prefixOfToken } from '../identity/api-token.ts'
import { keyOfPassword } from '../identity/password.ts'
import { type Holder, requireStillGood } from '../identity/still-good.ts'
import { prepare } from '../sql.ts'

const tokenName = 'OCL API'
const tokenBytes = 20
const newest = prepare<{ accountId: string }>()('ocl.newest-token', (db, p) =>
  db
    .selectFrom('api_token')
    .select('id')
    .where('account_id', '=', p.accountId)
    .where('name', '=', tokenName)
    .where(isAlive)
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .limit(1),
)
const insert = prepare<{ id: string; accountId: string; hash: Buffer; prefix: string }>()('ocl.insert-token', (db, p) =>
  db
    .insertInto('api_token')
    .values({ id: p.id, account_id: p.accountId, hash: p.hash, prefix: p.prefix, name: tokenName }),
)

/** That of password hashes: whoever has the database must find neither a password nor this token more cheaply. */
async function tokenOf(password: string, id: string): Promise<string> {
  return (await keyOfPassword(password, `ocl-token/${id}`, tokenBytes)).toString('hex')
}

export type KnownLogin = { readonly holder: Holder; readonly password: string }

/** By account, with its rights, and password. */
const underWay = new Map<string, Promise<string>>()

/**
 * The token of an account for clients that sign in with a password, which was found right. Each login gives the same one
 * until it is revoked or the password changes, although only its hash is kept: it follows from the password.
 * `announceChange` is called when a token ended. The same login made many times at once is one.
 * @throws `busy` when many passwords wait for their turn, `unauthenticated` if the password is another one by now
 */
export function loginToken(store: Store, login: KnownLogin, announceChange: () => Promise<void>): Promise<string> {
  const { holder, password } = login
  const key = [holder.subject, ...(holder.revocation_keys ?? []), password].join(' ')
  const token = underWay.get(key) ?? findOrMake(store, login, announceChange).finally(() => underWay.delete(key))
  underWay.set(key, token)
  return token
}

async function findOrMake(
  store: Store,
  { holder, password }: KnownLogin,
  announceChange: () => Promise<void>,
): Promise<string> {
  const { subject: accountId } = holder
  for (;;) {
    const known = await newestToken(store, accountId)
    if (known !== undefined) {
      const token = await tokenOf(password, known)
      if ((await findToken(store, hashOfToken(token)))?.alive) return token
    }
    const id = randomUUID()
    const token = await tokenOf(password, id)
    const made = await store.transaction(async tx => {
      await requireStillGood(tx, holder)
      // Another login may have been first.
      if ((await newestToken(tx, accountId)) !== known) return false
      if (known !== undefined) await revokeToken(tx, accountId, known)
      await tx.query(insert, { id, accountId, hash: hashOfToken(token), prefix: prefixOfToken(token) })
      return true
    })
    if (made && known !== undefined) await announceChange()
    if (made) return token
  }
}

async function newestToken(tx: Queryable, accountId: string): Promise<string | undefined> {
  const [token] = await tx.query(newest, { accountId })
  return token?.id
}
