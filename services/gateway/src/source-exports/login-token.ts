import { randomUUID, scrypt } from 'node:crypto'
import { promisify } from 'node:util'
import type { Queryable, Statement, Store } from '@slipway/store'
import { lockAccount } from '../identity/account.store.ts'
import { findToken, revokeToken } from '../identity/api-token.store.ts'
import { hashOfToken, prefixOfToken } from '../identity/api-token.ts'

const tokenName = 'OCL API'
const tokenBytes = 20
/** That of password hashes: whoever has the database must find neither a password nor this token more cheaply. */
const cost = { N: 2 ** 15, r: 8, p: 3, maxmem: 128 * 1024 * 1024 }

const derive = promisify<string, string, number, typeof cost, Buffer>(scrypt)
const newest: Statement = {
  name: 'ocl.newest-token',
  text: `select id from api_token where account_id = $1 and name = $2 and revoked_at is null
    and (expires_at is null or expires_at > now()) order by created_at desc, id limit 1`,
}
const insert: Statement = {
  name: 'ocl.insert-token',
  text: 'insert into api_token (id, account_id, hash, prefix, name) values ($1, $2, $3, $4, $5)',
}

/** One after the other: each takes 32 MB, and threads that file and name look-ups need, too. */
let last: Promise<unknown> = Promise.resolve()

function tokenOf(password: string, id: string): Promise<string> {
  const token = last.then(async () => {
    const key = await derive(password.normalize('NFKC'), `ocl-token/${id}`, tokenBytes, cost)
    return key.toString('hex')
  })
  last = token.catch(() => {})
  return token
}

/**
 * The token of an account for clients that sign in with a password, which was found right. Each login gives the same one
 * until it is revoked or the password changes, although only its hash is kept: it follows from the password.
 * `announceChange` is called when a token ended.
 */
export async function loginToken(
  store: Store,
  { accountId, login, password }: { readonly accountId: string; readonly login: string; readonly password: string },
  announceChange: () => Promise<void>,
): Promise<string> {
  for (;;) {
    const known = await newestToken(store, accountId)
    if (known !== undefined) {
      const token = await tokenOf(password, known)
      if ((await findToken(store, hashOfToken(token)))?.alive) return token
    }
    const id = randomUUID()
    const token = await tokenOf(password, id)
    const made = await store.transaction(async tx => {
      await lockAccount(tx, login)
      // Another login may have been first.
      if ((await newestToken(tx, accountId)) !== known) return false
      if (known !== undefined) await revokeToken(tx, accountId, known)
      await tx.query(insert, [id, accountId, hashOfToken(token), prefixOfToken(token), tokenName])
      return true
    })
    if (made && known !== undefined) await announceChange()
    if (made) return token
  }
}

async function newestToken(tx: Queryable, accountId: string): Promise<string | undefined> {
  const [token] = await tx.query<{ id: string }>(newest, [accountId, tokenName])
  return token?.id
}
