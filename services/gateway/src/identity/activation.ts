import { createHash, randomBytes } from 'node:crypto'
import { every, now, outboxColumns, type Statement, type Store, type Worker } from '@slipway/store'
import type { Logger } from 'pino'
import type { Registration } from './account.store.ts'

/** Days in which an address must be proved; then the key is good for nothing, and the account goes. */
const activationDays = 3
const dayMs = 86_400_000
const hourMs = 3_600_000

const hashOf = (key: string): Buffer => createHash('sha256').update(key).digest()

const newKey = (): string => randomBytes(24).toString('base64url')

/** A key for a new account, and what is kept of it. */
export function newRegistration(baseUrl: string): Registration {
  const key = newKey()
  return { key, hash: hashOf(key), expiresAt: new Date(now() + activationDays * dayMs), baseUrl }
}

const activate: Statement = {
  name: 'account.activate',
  text: `
    with changed as (
      update account set activated = true, activation_hash = null, activation_expires_at = null, updated_at = now(),
        seq = seq + 1
      where activation_hash = $1 and activation_expires_at > now()
      returning *
    ), told as (
      insert into platform.outbox (${outboxColumns})
      select 'account', 'updated', id::text, seq, login, null, account_told(row(changed.*)::account, null, null)
      from changed
    )
    select login from changed`,
}
const renew: Statement = {
  name: 'account.renew-activation',
  text: `update account set activation_hash = $2
    where lower(login) = lower($1) and not activated and activation_hash is not null and activation_expires_at > now()
    returning login`,
}
const purge: Statement = {
  name: 'account.purge-unactivated',
  text: `
    with gone as (
      delete from account where not activated and activation_expires_at < now() returning *
    ), freed as (
      delete from known_login k using gone where k.subject = gone.id::text
    ), told as (
      insert into platform.outbox (${outboxColumns})
      select 'account', 'deleted', id::text, seq + 1, 'system', null,
        json_build_object('login', login, 'sequence', nextval('account_change'))
      from gone
    )
    select login from gone`,
}

/** Activates the account that a key belongs to, and returns its login; undefined for a key that is not good any more. */
export async function activateAccount(store: Store, key: string): Promise<string | undefined> {
  const [account] = await store.write<{ login: string }>(activate, [hashOf(key)])
  return account?.login
}

/**
 * A new key for an account that waits to be activated, in place of the one before, of which nothing but a hash is left;
 * null for any other account. It is good as long as that one was.
 */
export async function renewActivation(store: Store, login: string): Promise<string | null> {
  const key = newKey()
  return (await store.write(renew, [login, hashOf(key)])).length > 0 ? key : null
}

/** Removes accounts that nobody activated in time, once an hour, so that their logins can be taken again: nobody ever was them. */
export function startActivationPurge(store: Store, log: Logger): Worker {
  return every({
    store,
    name: 'purge-unactivated',
    everyMs: hourMs,
    log,
    async run() {
      const gone = await store.write(purge)
      if (gone.length > 0) log.info({ event: 'accounts_purged', count: gone.length }, 'unactivated accounts are gone')
    },
  })
}
