import type { Queryable, Store } from '@slipway/store'
import { sql } from 'kysely'
import { prepare } from '../sql.ts'
import { isAlive } from './api-token.store.ts'

/** Minutes that a revocation is kept: ample for identity tokens of five minutes that were signed while it happened. */
const keptMinutes = 15
/** Keys that are told in one message. */
export const mostAtOnce = 2_000

/** Of an account with the rights that it has now. */
export const accountKey = ({ id, epoch }: { readonly id: string; readonly epoch: number }) => `account/${id}/${epoch}`

/** Of an API token or a session. */
export const tokenKey = (id: string, epoch: number) => `token/${id}/${epoch}`

const keptSince = sql<string>`clock_timestamp() - ${sql.lit(`${keptMinutes} minutes`)}::interval`

const recent = prepare()('revocation.recent', db =>
  db.selectFrom('revoked_key').select('key').where('revoked_at', '>', keptSince),
)
const unannounced = prepare()('revocation.unannounced', db =>
  db.selectFrom('revoked_key').select('key').where('announced', '=', false).orderBy('revoked_at').limit(mostAtOnce),
)
/** Removes what is too old by the way. */
const note = prepare<{ keys: readonly string[] }>()('revocation.note-announced', (db, p) =>
  db
    .with('old', q => q.deleteFrom('revoked_key').where('announced', '=', true).where('revoked_at', '<', keptSince))
    .updateTable('revoked_key')
    .set({ announced: true })
    .where(eb => eb('key', '=', eb.fn.any(p.keys))),
)
const good = prepare<{ keys: readonly string[] }>()('revocation.good', (db, p) => {
  const kind = sql<string>`split_part(key, '/', 1)`
  const id = sql<string>`split_part(key, '/', 2)::uuid`
  const epoch = sql<number>`split_part(key, '/', 3)::bigint`
  return db.selectFrom(sql<{ key: string }>`unnest(${p.keys}::text[])`.as<'key'>(sql`key`)).select(eb => {
    const account = eb
      .selectFrom('account')
      .where('id', '=', id)
      .where('epoch', '=', epoch)
      .where('active', '=', true)
      .where('activated', '=', true)
      .where('deregistered', '=', false)
    const token = eb.selectFrom('api_token').where('id', '=', id).where('epoch', '=', epoch).where(isAlive)
    const isGood = eb
      .case(kind)
      .when('account')
      .then(eb.exists(account))
      .when('token')
      .then(eb.exists(token))
      .else(sql.lit(false))
      .end()
    return sql<boolean | null>`bool_and(${isGood})`.as('good')
  })
})

/** All by which an identity token may be void that has not expired. */
export async function recentRevocations(store: Store): Promise<string[]> {
  return (await store.read(recent)).map(({ key }) => key)
}

/** Those of which services were not told yet, oldest first; not all, if there are very many. */
export async function unannouncedRevocations(tx: Queryable): Promise<string[]> {
  return (await tx.query(unannounced)).map(({ key }) => key)
}

export async function noteAnnounced(tx: Queryable, keys: readonly string[]): Promise<void> {
  await tx.query(note, { keys })
}

/** Whether accounts and credentials are all there as they were when these keys were made; true for none. */
export async function areGood({ query }: Pick<Queryable, 'query'>, keys: readonly string[]): Promise<boolean> {
  if (keys.length === 0) return true
  const [row] = await query(good, { keys })
  return row?.good ?? false
}
