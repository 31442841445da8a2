import type { Queryable, Statement, Store } from '@slipway/store'
import type { Account } from './account.store.ts'
import type { TokenGrant } from './delegation.ts'

export type ApiToken = {
  readonly id: string
  readonly name: string
  readonly prefix: string
  readonly created_at: string
  readonly last_used_at: string | null
  readonly expires_at: string | null
  /** Null: all rights of the account. */
  readonly scopes: readonly string[] | null
  /** It is the session of a browser. */
  readonly session: boolean
}

const columns = 'id, name, prefix, created_at, last_used_at, expires_at, scopes, session'
const alive = 'revoked_at is null and (expires_at is null or expires_at > now())'

const owner: Statement = {
  name: 'api-token.owner',
  text: `select a.*, t.id as token_id, t.scopes as token_scopes, t.expires_at as token_expires_at,
      t.epoch as token_epoch
    from api_token t join account a on a.id = t.account_id
    where t.hash = $1 and t.session = $2 and a.active and a.activated and not a.deregistered and t.revoked_at is null
      and (t.expires_at is null or t.expires_at > now())`,
}
const list: Statement = {
  name: 'api-token.list',
  text: `select ${columns} from api_token where account_id = $1 and ${alive} order by created_at, id`,
}
const count: Statement = {
  name: 'api-token.count',
  text: `select count(*) as count from api_token where account_id = $1 and ${alive}`,
}
const insert: Statement = {
  name: 'api-token.insert',
  text: `insert into api_token (account_id, hash, prefix, name, scopes, expires_at, made_with, configured, session)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning ${columns}`,
}
const rename: Statement = {
  name: 'api-token.rename',
  text: `update api_token set name = $3 where id = $1 and account_id = $2 and ${alive} returning ${columns}`,
}
/** What was made with it goes with it. */
const revoke: Statement = {
  name: 'api-token.revoke',
  text: `
    with recursive family as (
      select id from api_token where id = $1 and account_id = $2 and revoked_at is null
      union select t.id from api_token t join family f on t.made_with = f.id
    )
    update api_token t set revoked_at = now() from family f where t.id = f.id and t.revoked_at is null returning t.id`,
}
const replace: Statement = {
  name: 'api-token.replace',
  text: `update api_token set hash = $3, prefix = $4, name = $5, configured = false, created_at = now(), last_used_at = null
    where hash = $1 and account_id = $2 and not session and ${alive} returning ${columns}`,
}
const revokeConfigured: Statement = {
  name: 'api-token.revoke-configured',
  text: `update api_token set revoked_at = now()
    where account_id = $1 and configured and hash <> $2 and revoked_at is null returning id`,
}
const revokeSessions: Statement = {
  name: 'api-token.revoke-other-sessions',
  text: `update api_token set revoked_at = now()
    where account_id = $1 and session and hash <> $2 and revoked_at is null`,
}
const revokeAll: Statement = {
  name: 'api-token.revoke-all',
  text: `update api_token set revoked_at = now() where account_id = $1 and not configured and revoked_at is null`,
}
const byHash: Statement = {
  name: 'api-token.by-hash',
  text: `select id, account_id, ${alive} as alive from api_token where hash = $1`,
}
const revive: Statement = {
  name: 'api-token.revive',
  text: 'update api_token set revoked_at = null, expires_at = null, configured = true where hash = $1',
}
const touch: Statement = { name: 'api-token.touch', text: 'update api_token set last_used_at = now() where id = $1' }

type Owner = Account & {
  readonly token_id: string
  readonly token_scopes: readonly string[] | null
  readonly token_expires_at: string | null
  readonly token_epoch: number
}

/** The active account that a good token belongs to, or a good session. */
export async function findOwner(store: Store, hash: Buffer, session: boolean): Promise<Owner | undefined> {
  const [row] = await store.read<Owner>(owner, [hash, session])
  return row
}

/** Tokens that are good, oldest first. */
export function listTokens(tx: Pick<Queryable, 'query'>, accountId: string): Promise<ApiToken[]> {
  return tx.query<ApiToken>(list, [accountId])
}

export async function countTokens(tx: Queryable, accountId: string): Promise<number> {
  const [row] = await tx.query<{ count: number }>(count, [accountId])
  return row?.count ?? 0
}

export type NewToken = {
  readonly hash: Buffer
  readonly prefix: string
  readonly name: string
  readonly grant: TokenGrant
  /** Default: neither. */
  readonly kind?: 'configured' | 'session'
}

export async function insertToken(tx: Queryable, accountId: string, token: NewToken): Promise<ApiToken> {
  const { hash, prefix, name, grant, kind } = token
  const rights = [grant.scopes, grant.expiresAt, grant.madeWith]
  const kinds = [kind === 'configured', kind === 'session']
  const [row] = await tx.query<ApiToken>(insert, [accountId, hash, prefix, name, ...rights, ...kinds])
  return row as ApiToken
}

/**
 * Another secret for a token, which keeps its scopes, its end, and what was made with it. Undefined if the account has
 * no such token that is good.
 */
export async function replaceToken(
  tx: Queryable,
  accountId: string,
  old: Buffer,
  { hash, prefix, name }: Pick<NewToken, 'hash' | 'prefix' | 'name'>,
): Promise<ApiToken | undefined> {
  const [row] = await tx.query<ApiToken>(replace, [old, accountId, hash, prefix, name])
  return row
}

/** The token under its new name; undefined if the account has no such token. */
export async function renameToken(tx: Queryable, accountId: string, id: string, name: string) {
  const [row] = await tx.query<ApiToken>(rename, [id, accountId, name])
  return row
}

/** False if the account has no such token. */
export async function revokeToken(tx: Queryable, accountId: string, id: string): Promise<boolean> {
  return (await tx.query(revoke, [id, accountId])).length > 0
}

/** Revokes the tokens that came from an earlier configuration; returns how many. */
export async function revokeOtherConfigured(tx: Queryable, accountId: string, hash: Buffer): Promise<number> {
  return (await tx.query(revokeConfigured, [accountId, hash])).length
}

/** Revokes the sessions of an account but the one of this hash. */
export async function revokeOtherSessions(tx: Queryable, accountId: string, hash: Buffer): Promise<void> {
  await tx.query(revokeSessions, [accountId, hash])
}

/** Revokes every session and token of the account but those that the configuration gives it. */
export async function revokeAllTokens(tx: Queryable, accountId: string): Promise<void> {
  await tx.query(revokeAll, [accountId])
}

export async function findToken(tx: Queryable, hash: Buffer) {
  const [row] = await tx.query<{ id: string; account_id: string; alive: boolean }>(byHash, [hash])
  return row
}

export async function reviveToken(tx: Queryable, hash: Buffer): Promise<void> {
  await tx.query(revive, [hash])
}

export async function touchToken(store: Store, id: string): Promise<void> {
  await store.write(touch, [id])
}
