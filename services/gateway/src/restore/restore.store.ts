import type { KnownAccount, RestoreFact } from '@slipway/contracts'
import type { Statement, Store } from '@slipway/store'

const accounts: Statement = {
  name: 'restore.accounts',
  text: `
    select json_build_object('id', login, 'state', (array['account', 'external', 'given'])[min(rank)]) as fact
    from (
      select lower(login) as login, 1 as rank from account
      union all select lower(login), 2 from external_profile
      union all select lower(login), 3 from known_login
    ) known
    where login collate "C" > $1 and ($3::text[] is null or login = any($3))
    group by login order by login collate "C" limit $2`,
}
/** Large: what is sorted by its bytes is sorted anew for each page. */
const accountsAtOnce = 10_000
/** Events are read once for it: there may be many. */
const numbers: Statement = {
  name: 'restore.numbers',
  text: `
    with told as materialized (
      select payload::json #>> '{data,version}' as version from stream_event where noun = 'release'
    )
    select
      (select case when is_called then last_value else 0 end from account_change) as "accountChange",
      (select version from told where version ~ '^[0-9]{1,9}[.][0-9]{1,9}[.][0-9]{1,9}$'
        order by string_to_array(version, '.')::bigint[] desc limit 1) as version`,
}
const published: Statement = {
  name: 'restore.published-as',
  text: `
    select payload::json #>> '{data,version}' as version from stream_event
    where aggregate = $1 and noun = 'release' and verb = 'published' order by position desc limit 1`,
}
const raise: Statement = {
  name: 'restore.raise-account-changes',
  text: `
    select setval('account_change', $1::bigint) from account_change
    where case when is_called then last_value else 0 end < $1::bigint`,
}
const told: Statement = {
  name: 'restore.account-told',
  text: 'select account_told(account, null, null) as told from account where lower(login) = $1',
}

/** Logins in lower case that have an account, are of outside, or were given to accounts that are deleted, page by page. */
export async function* ownAccounts(store: Store, of: readonly string[] | null = null) {
  for (let after: string | undefined = ''; after !== undefined; ) {
    const rows: { fact: RestoreFact }[] = await store.read(accounts, [after, accountsAtOnce, of])
    yield rows.map(({ fact }) => fact)
    after = rows.length < accountsAtOnce ? undefined : rows.at(-1)?.fact.id
  }
}

export async function ownNumbers(store: Store) {
  const [row] = await store.query<{ accountChange: number; version: string | null }>(numbers)
  return { accountChange: row?.accountChange ?? 0, version: row?.version ?? undefined }
}

/** The number under which a release was published, as far as its events are kept. */
export async function toldVersion(store: Store, release: string): Promise<string | undefined> {
  const [row] = await store.read<{ version: string }>(published, [release])
  return row?.version
}

/** The next change of an account has a greater number than this one. False: it has so already. */
export async function raiseAccountChanges(store: Store, number: number): Promise<boolean> {
  return (await store.write(raise, [number])).length > 0
}

/** An account as others are told of it, as a change; undefined if there is none. */
export async function tellAccount(store: Store, login: string): Promise<KnownAccount | undefined> {
  const [row] = await store.write<{ told: KnownAccount }>(told, [login])
  return row?.told
}
