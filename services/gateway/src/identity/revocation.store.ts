import type { Queryable, Statement, Store } from '@slipway/store'

/** Minutes that a revocation is kept: ample for identity tokens of five minutes that were signed while it happened. */
const keptMinutes = 15
/** Keys that are told in one message. */
export const mostAtOnce = 2_000

/** Of an account with the rights that it has now. */
export const accountKey = ({ id, epoch }: { readonly id: string; readonly epoch: number }) => `account/${id}/${epoch}`

/** Of an API token or a session. */
export const tokenKey = (id: string, epoch: number) => `token/${id}/${epoch}`

const recent: Statement = {
  name: 'revocation.recent',
  text: `select key from revoked_key where revoked_at > clock_timestamp() - interval '${keptMinutes} minutes'`,
}
const unannounced: Statement = {
  name: 'revocation.unannounced',
  text: `select key from revoked_key where not announced order by revoked_at limit ${mostAtOnce}`,
}
/** Removes what is too old by the way. */
const note: Statement = {
  name: 'revocation.note-announced',
  text: `
    with old as (
      delete from revoked_key where announced and revoked_at < clock_timestamp() - interval '${keptMinutes} minutes'
    )
    update revoked_key set announced = true where key = any($1)`,
}
const good: Statement = {
  name: 'revocation.good',
  text: `
    select bool_and(case split_part(key, '/', 1)
      when 'account' then exists (
        select from account
        where id = split_part(key, '/', 2)::uuid and epoch = split_part(key, '/', 3)::bigint
          and active and activated and not deregistered)
      when 'token' then exists (
        select from api_token
        where id = split_part(key, '/', 2)::uuid and epoch = split_part(key, '/', 3)::bigint
          and revoked_at is null and (expires_at is null or expires_at > now()))
      else false end) as good
    from unnest($1::text[]) as key`,
}

type Row = { readonly key: string }

/** All by which an identity token may be void that has not expired. */
export async function recentRevocations(store: Store): Promise<string[]> {
  return (await store.read<Row>(recent)).map(({ key }) => key)
}

/** Those of which services were not told yet, oldest first; not all, if there are very many. */
export async function unannouncedRevocations(tx: Queryable): Promise<string[]> {
  return (await tx.query<Row>(unannounced)).map(({ key }) => key)
}

export async function noteAnnounced(tx: Queryable, keys: readonly string[]): Promise<void> {
  await tx.query(note, [keys])
}

/** Whether accounts and credentials are all there as they were when these keys were made; true for none. */
export async function areGood({ query }: Pick<Queryable, 'query'>, keys: readonly string[]): Promise<boolean> {
  if (keys.length === 0) return true
  const [row] = await query<{ good: boolean }>(good, [keys])
  return row?.good ?? false
}
