import { createHash, randomBytes } from 'node:crypto'
import { accountEvents } from '@slipway/contracts'
import { now as clock, emit, every, type Store, type Worker } from '@slipway/store'
import { sql } from 'kysely'
import type { Logger } from 'pino'
import { now, prepare } from '../sql.ts'
import { hasLogin } from './account.store.ts'
import type { Registration } from './account-change.ts'
import { aboutAccount, accountData, deletionData } from './account-event.ts'

/** Days in which an address must be proved; then the key is good for nothing, and the account goes. */
const activationDays = 3
const dayMs = 86_400_000
const hourMs = 3_600_000

const hashOf = (key: string): Buffer => createHash('sha256').update(key).digest()

const newKey = (): string => randomBytes(24).toString('base64url')

/** A key for a new account, and what is kept of it. */
export function newRegistration(baseUrl: string): Registration {
  const key = newKey()
  return { key, hash: hashOf(key), expiresAt: new Date(clock() + activationDays * dayMs), baseUrl }
}

const activate = prepare<{ hash: Buffer }>()('account.activate', (db, p) =>
  db
    .with('changed', q =>
      q
        .updateTable('account')
        .set(eb => ({
          activated: true,
          activation_hash: null,
          activation_expires_at: null,
          updated_at: now,
          seq: eb('seq', '+', 1),
        }))
        .where('activation_hash', '=', p.hash)
        .where('activation_expires_at', '>', now)
        .returningAll(),
    )
    .with('event', q => {
      const data = accountData('changed').as('data')
      const rows = q.selectFrom('changed').select(eb => [...aboutAccount(eb.ref('login')), 'seq as sequence', data])
      return emit(q, accountEvents.updated, rows)
    })
    .selectFrom('changed')
    .select('login'),
)
const renew = prepare<{ login: string; hash: Buffer }>()('account.renew-activation', (db, p) =>
  db
    .updateTable('account')
    .set({ activation_hash: p.hash })
    .where(eb => hasLogin(eb, p.login))
    .where('activated', '=', false)
    .where('activation_hash', 'is not', null)
    .where('activation_expires_at', '>', now)
    .returning('login'),
)
const purge = prepare()('account.purge-unactivated', db =>
  db
    .with('gone', q =>
      q.deleteFrom('account').where('activated', '=', false).where('activation_expires_at', '<', now).returningAll(),
    )
    .with('freed', q =>
      q.deleteFrom('known_login as k').using('gone').where('k.subject', '=', sql<string>`gone.id::text`),
    )
    .with('event', q => {
      const about = aboutAccount(sql.lit('system'))
      const data = deletionData.as('data')
      const rows = q.selectFrom('gone').select(eb => [...about, eb('seq', '+', 1).as('sequence'), data])
      return emit(q, accountEvents.deleted, rows)
    })
    .selectFrom('gone')
    .select('login'),
)

/** Activates the account that a key belongs to, and returns its login; undefined for a key that is not good any more. */
export async function activateAccount(store: Store, key: string): Promise<string | undefined> {
  const [account] = await store.write(activate, { hash: hashOf(key) })
  return account?.login
}

/**
 * A new key for an account that waits to be activated, in place of the one before, of which nothing but a hash is left;
 * null for any other account. It is good as long as that one was.
 */
export async function renewActivation(store: Store, login: string): Promise<string | null> {
  const key = newKey()
  return (await store.write(renew, { login, hash: hashOf(key) })).length > 0 ? key : null
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
