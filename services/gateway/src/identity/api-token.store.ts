import type { Queryable, Store } from '@slipway/store'
import type { Expression, ExpressionBuilder, QueryCreator } from 'kysely'
import type { Database } from '../database.ts'
import { lasts, now, prepare } from '../sql.ts'
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

const columns = ['id', 'name', 'prefix', 'created_at', 'last_used_at', 'expires_at', 'scopes', 'session'] as const

/** Whether a token is good. */
export const isAlive = (eb: ExpressionBuilder<Database, 'api_token'>) =>
  eb.and([eb('api_token.revoked_at', 'is', null), lasts(eb.ref('api_token.expires_at'))])

const owner = prepare<{ hash: Buffer; session: boolean }>()('api-token.owner', (db, p) =>
  db
    .selectFrom('api_token')
    .innerJoin('account as a', 'a.id', 'api_token.account_id')
    .selectAll('a')
    .select([
      'api_token.id as token_id',
      'api_token.scopes as token_scopes',
      'api_token.expires_at as token_expires_at',
      'api_token.epoch as token_epoch',
    ])
    .where('api_token.hash', '=', p.hash)
    .where('api_token.session', '=', p.session)
    .where('a.active', '=', true)
    .where('a.activated', '=', true)
    .where('a.deregistered', '=', false)
    .where(isAlive),
)
const list = prepare<{ accountId: string }>()('api-token.list', (db, p) =>
  db
    .selectFrom('api_token')
    .select(columns)
    .where('account_id', '=', p.accountId)
    .where(isAlive)
    .orderBy('created_at')
    .orderBy('id'),
)
const count = prepare<{ accountId: string }>()('api-token.count', (db, p) =>
  db
    .selectFrom('api_token')
    .select(eb => eb.fn.countAll<number>().as('count'))
    .where('account_id', '=', p.accountId)
    .where(isAlive),
)

type Inserted = Pick<NewToken, 'hash' | 'prefix' | 'name'> & {
  readonly accountId: string
  readonly scopes: readonly string[] | null
  readonly expiresAt: string | null
  readonly madeWith: string | null
  readonly configured: boolean
  readonly session: boolean
}
const insert = prepare<Inserted>()('api-token.insert', (db, p) =>
  db
    .insertInto('api_token')
    .values({
      account_id: p.accountId,
      hash: p.hash,
      prefix: p.prefix,
      name: p.name,
      scopes: p.scopes,
      expires_at: p.expiresAt,
      made_with: p.madeWith,
      configured: p.configured,
      session: p.session,
    })
    .returning(columns),
)
const rename = prepare<{ accountId: string; id: string; name: string }>()('api-token.rename', (db, p) =>
  db
    .updateTable('api_token')
    .set({ name: p.name })
    .where('id', '=', p.id)
    .where('account_id', '=', p.accountId)
    .where(isAlive)
    .returning(columns),
)
/** What was made with it goes with it. */
const revoke = prepare<{ accountId: string; id: string }>()('api-token.revoke', (db, p) =>
  db
    .withRecursive('family(id)', q =>
      q
        .selectFrom('api_token')
        .select('id')
        .where('id', '=', p.id)
        .where('account_id', '=', p.accountId)
        .where('revoked_at', 'is', null)
        .union(q.selectFrom('api_token as t').innerJoin('family as f', 't.made_with', 'f.id').select('t.id')),
    )
    .updateTable('api_token as t')
    .from('family as f')
    .set({ revoked_at: now })
    .whereRef('t.id', '=', 'f.id')
    .where('t.revoked_at', 'is', null)
    .returning('t.id'),
)
type Replaced = Pick<NewToken, 'hash' | 'prefix' | 'name'> & { readonly accountId: string; readonly old: Buffer }
const replace = prepare<Replaced>()('api-token.replace', (db, p) =>
  db
    .updateTable('api_token')
    .set({ hash: p.hash, prefix: p.prefix, name: p.name, configured: false, created_at: now, last_used_at: null })
    .where('hash', '=', p.old)
    .where('account_id', '=', p.accountId)
    .where('session', '=', false)
    .where(isAlive)
    .returning(columns),
)
const ending = (db: QueryCreator<Database>, accountId: Expression<string>) =>
  db
    .updateTable('api_token')
    .set({ revoked_at: now })
    .where('account_id', '=', accountId)
    .where('revoked_at', 'is', null)
const revokeConfigured = prepare<{ accountId: string; hash: Buffer }>()('api-token.revoke-configured', (db, p) =>
  ending(db, p.accountId).where('configured', '=', true).where('hash', '<>', p.hash).returning('id'),
)
const revokeSessions = prepare<{ accountId: string; hash: Buffer }>()('api-token.revoke-other-sessions', (db, p) =>
  ending(db, p.accountId).where('session', '=', true).where('hash', '<>', p.hash),
)
const revokeAll = prepare<{ accountId: string }>()('api-token.revoke-all', (db, p) =>
  ending(db, p.accountId).where('configured', '=', false),
)
const byHash = prepare<{ hash: Buffer }>()('api-token.by-hash', (db, p) =>
  db
    .selectFrom('api_token')
    .select(eb => ['id', 'account_id', isAlive(eb).as('alive')])
    .where('hash', '=', p.hash),
)
const revive = prepare<{ hash: Buffer }>()('api-token.revive', (db, p) =>
  db.updateTable('api_token').set({ revoked_at: null, expires_at: null, configured: true }).where('hash', '=', p.hash),
)
const touch = prepare<{ id: string }>()('api-token.touch', (db, p) =>
  db.updateTable('api_token').set({ last_used_at: now }).where('id', '=', p.id),
)

type Owner = Account & {
  readonly token_id: string
  readonly token_scopes: readonly string[] | null
  readonly token_expires_at: string | null
  readonly token_epoch: number
}

/** The active account that a good token belongs to, or a good session. */
export async function findOwner(store: Store, hash: Buffer, session: boolean): Promise<Owner | undefined> {
  const [row] = await store.read(owner, { hash, session })
  return row
}

/** Tokens that are good, oldest first. */
export function listTokens(tx: Pick<Queryable, 'query'>, accountId: string): Promise<ApiToken[]> {
  return tx.query(list, { accountId })
}

export async function countTokens(tx: Queryable, accountId: string): Promise<number> {
  const [row] = await tx.query(count, { accountId })
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
  const [row] = await tx.query(insert, {
    accountId,
    hash,
    prefix,
    name,
    scopes: grant.scopes,
    expiresAt: grant.expiresAt?.toISOString() ?? null,
    madeWith: grant.madeWith,
    configured: kind === 'configured',
    session: kind === 'session',
  })
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
  const [row] = await tx.query(replace, { old, accountId, hash, prefix, name })
  return row
}

/** The token under its new name; undefined if the account has no such token. */
export async function renameToken(tx: Queryable, accountId: string, id: string, name: string) {
  const [row] = await tx.query(rename, { id, accountId, name })
  return row
}

/** False if the account has no such token. */
export async function revokeToken(tx: Queryable, accountId: string, id: string): Promise<boolean> {
  return (await tx.query(revoke, { id, accountId })).length > 0
}

/** Revokes the tokens that came from an earlier configuration; returns how many. */
export async function revokeOtherConfigured(tx: Queryable, accountId: string, hash: Buffer): Promise<number> {
  return (await tx.query(revokeConfigured, { accountId, hash })).length
}

/** Revokes the sessions of an account but the one of this hash. */
export async function revokeOtherSessions(tx: Queryable, accountId: string, hash: Buffer): Promise<void> {
  await tx.query(revokeSessions, { accountId, hash })
}

/** Revokes every session and token of the account but those that the configuration gives it. */
export async function revokeAllTokens(tx: Queryable, accountId: string): Promise<void> {
  await tx.query(revokeAll, { accountId })
}

export async function findToken(tx: Queryable, hash: Buffer) {
  const [row] = await tx.query(byHash, { hash })
  return row
}

export async function reviveToken(tx: Queryable, hash: Buffer): Promise<void> {
  await tx.query(revive, { hash })
}

export async function touchToken(store: Store, id: string): Promise<void> {
  await store.write(touch, { id })
}
