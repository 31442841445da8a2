import { readFile } from 'node:fs/promises'
import {
  administratorLogin,
  failure,
  leastPasswordLength,
  leastTokenLength,
  loginFault,
  weakness,
} from '@slipway/contracts'
import { ConfigError } from '@slipway/service'
import type { Store, Tx } from '@slipway/store'
import type { Logger } from 'pino'
import { z } from 'zod'
import { prepareTurn } from '../sql.ts'
import { type Account, type AccountFields, findAccount, isLoginGiven, lockAccount } from './account.store.ts'
import { changedFields } from './account.ts'
import { insertAccount, updateAccount } from './account-change.ts'
import { findToken, insertToken, reviveToken, revokeOtherConfigured } from './api-token.store.ts'
import { hashOfToken, prefixOfToken } from './api-token.ts'
import { configurationAuthor, freely } from './delegation.ts'
import { hashPassword, verifyPassword } from './password.ts'

/** Null means the same as leaving a field out. */
const optional = <Schema extends z.ZodType>(schema: Schema) => schema.nullish().transform(value => value ?? undefined)
const word = optional(z.string().min(1))
const words = optional(z.array(z.string()))
const flag = optional(z.boolean())
const configuredAccount = z.object({
  login: z.string().min(1),
  password: word,
  token: word,
  email: word,
  givenName: word,
  familyName: word,
  roles: words,
  groups: words,
  permissions: words,
  member: word,
  active: flag,
  superuser: flag,
})

export type ConfiguredAccount = Partial<z.output<typeof configuredAccount>> & { readonly login: string }

/**
 * Reads a list of accounts: JSON, or the path of a file with it. Fields that are not known are left out, and told.
 * @throws ConfigError that names the entry and what is wrong with it
 */
export async function readConfiguredAccounts(source: string, log: Logger): Promise<ConfiguredAccount[]> {
  const text = source.trimStart().startsWith('[') ? source : await readFile(source, 'utf8')
  const list: unknown = JSON.parse(text)
  const result = z.array(configuredAccount).safeParse(list)
  if (result.success) {
    const unknown = new Set(
      (list as object[]).flatMap(entry => Object.keys(entry)).filter(name => !(name in configuredAccount.shape)),
    )
    if (unknown.size > 0) log.warn({ fields: [...unknown] }, 'SLIPWAY_ACCOUNTS has fields that mean nothing')
    for (const entry of result.data) if (entry.superuser) requireStrength(entry)
    return result.data
  }
  const problems = result.error.issues.map(({ path, message }) => `${path.join('.') || 'list'}: ${message}`)
  throw new ConfigError(`SLIPWAY_ACCOUNTS is wrong: ${problems.join('; ')}`)
}

/** Who may do everything must not be guessed easily. @throws ConfigError */
function requireStrength({ login, token, password }: ConfiguredAccount): void {
  const ofToken = token && weakness(token, leastTokenLength)
  const ofPassword = password && weakness(password, leastPasswordLength)
  if (ofToken) throw new ConfigError(`SLIPWAY_ACCOUNTS is wrong: the token of ${login} ${ofToken}`)
  if (ofPassword) throw new ConfigError(`SLIPWAY_ACCOUNTS is wrong: the password of ${login} ${ofPassword}`)
}

/** The first administrator as an entry of that list; undefined if neither a token nor a password is configured. */
export function configuredAdministrator(token: string | undefined, password: string | undefined) {
  if (token === undefined && password === undefined) return undefined
  return {
    login: administratorLogin,
    superuser: true,
    active: true,
    ...(token && { token }),
    ...(password && { password }),
  }
}

const takeTurn = prepareTurn('account.take-turn', 'gateway.accounts')

/**
 * Makes sure that accounts exist as configured: missing ones are made, of others what the entry says is set, and what it
 * does not say stays. Any number of replicas may do it at once, and it may be done at every start. Returns the logins
 * that were made or changed.
 */
export async function ensureAccounts(
  store: Store,
  entries: readonly ConfiguredAccount[],
  log: Logger,
): Promise<string[]> {
  // Before the transactions, because it takes its time.
  const hashes = await Promise.all(entries.map(async entry => passwordOf(entry, await findAccount(store, entry.login))))
  const changed: string[] = []
  for (const [index, entry] of entries.entries()) {
    const what = await store.transaction(async tx => {
      await tx.query(takeTurn)
      return ensureAccount(tx, entry, hashes[index], log)
    })
    if (what.length === 0) continue
    changed.push(entry.login)
    log.info({ event: 'account_configured', login: entry.login, changed: what }, 'account set as configured')
  }
  return changed
}

async function ensureAccount(
  tx: Tx,
  entry: ConfiguredAccount,
  passwordHash: string | undefined,
  log: Logger,
): Promise<string[]> {
  const existing = await lockAccount(tx, entry.login)
  if (!existing && !(await mayBeGiven(tx, entry.login, log))) return []
  const wanted = changedFields(existing, entry, passwordHash)
  const changed = existing ? differences(existing, wanted) : ['created']
  const account = await save(tx, entry.login, existing, wanted, changed)
  if (entry.token !== undefined && (await ensureToken(tx, account, entry.token))) changed.push('token')
  return changed
}

/** False for a login that had another owner, which is told and leaves its entry out. @throws ConfigError for one nobody may have */
async function mayBeGiven(tx: Tx, login: string, log: Logger): Promise<boolean> {
  const fault = loginFault(login, { configured: true })
  if (fault !== undefined)
    throw new ConfigError(`SLIPWAY_ACCOUNTS is wrong: the login ${JSON.stringify(login)} ${fault}`)
  if (!(await isLoginGiven(tx, login))) return true
  const reason = 'it was that of a deleted account, or is that of a user of the external issuer'
  log.error({ event: 'account_left_out', login }, `the configured account ${login} is not made: ${reason}`)
  return false
}

async function save(tx: Tx, login: string, existing: Account | undefined, wanted: AccountFields, changed: string[]) {
  if (!existing) return insertAccount(tx, login, wanted, configurationAuthor)
  return changed.length > 0 ? updateAccount(tx, existing, wanted, configurationAuthor) : existing
}

/** The hash that an account should have; undefined: the one it has. */
async function passwordOf({ password }: ConfiguredAccount, existing: Account | undefined): Promise<string | undefined> {
  if (password === undefined) return undefined
  const hash = existing?.password_hash ?? null
  return hash !== null && (await verifyPassword(password, hash)) ? hash : hashPassword(password)
}

function differences(existing: Account, wanted: AccountFields): string[] {
  const names = Object.keys(wanted) as (keyof AccountFields)[]
  return names.filter(name => JSON.stringify(existing[name]) !== JSON.stringify(wanted[name]))
}

/** True if the token is new; an earlier configured one stops working. */
async function ensureToken(tx: Tx, account: Account, token: string): Promise<boolean> {
  const hash = hashOfToken(token)
  const known = await findToken(tx, hash)
  if (known && known.account_id !== account.id) {
    throw failure('conflict', `The token configured for ${account.login} belongs to another account.`)
  }
  if (!known) {
    const prefix = prefixOfToken(token)
    await insertToken(tx, account.id, { hash, prefix, name: 'configured', grant: freely(), kind: 'configured' })
  } else if (!known.alive) await reviveToken(tx, hash)
  const revoked = await revokeOtherConfigured(tx, account.id, hash)
  return !known?.alive || revoked > 0
}
