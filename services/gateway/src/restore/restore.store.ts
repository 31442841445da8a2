import type { KnownAccount } from '@slipway/contracts'
import type { Statement, Store } from '@slipway/store'

const accounts: Statement = {
  name: 'restore.accounts',
  text: `
    select lower(login) as login, true as internal from account
    union all select lower(login), false from external_profile`,
}
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

/** Logins of accounts, and of external users, in lower case. */
export async function ownAccounts(store: Store) {
  const rows = await store.query<{ login: string; internal: boolean }>(accounts)
  const logins = (internal: boolean) => new Set(rows.filter(row => row.internal === internal).map(({ login }) => login))
  return { gateway: logins(true), external: logins(false) }
}

export async function ownNumbers(store: Store) {
  const [row] = await store.query<{ accountChange: number; version: string | null }>(numbers)
  return { accountChange: row?.accountChange ?? 0, version: row?.version ?? undefined }
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
