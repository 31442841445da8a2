import { accountOperations, failure, type KnownAccount } from '@slipway/contracts'
import { isUniqueViolation } from '@slipway/store'
import type { AccountFields } from '../../identity/account.store.ts'
import { insertAccount, type Registration } from '../../identity/account-change.ts'
import type { Author } from '../../identity/delegation.ts'
import type { EndpointCall } from '../endpoint.ts'

/** What belongs to somebody new beside the account. */
type NewPerson = {
  readonly registration?: Registration
  /** Of the first usage report; default: the current calendar year. */
  readonly usagePeriod?: { readonly start_date: string; readonly end_date: string }
}

/**
 * Makes an account and lets the catalog know of it at once, so that its owner finds everything in place. When the catalog
 * cannot be asked, the account is there all the same: its event will tell.
 * @throws `conflict` when the login is taken, `forbidden` when the author may not make such an account
 */
export async function makeAccount(
  { request, call, options }: EndpointCall,
  login: string,
  fields: AccountFields,
  author: Author,
  { registration, usagePeriod }: NewPerson = {},
): Promise<KnownAccount> {
  const { store, bus, announceChange, logError } = options
  let told: KnownAccount
  try {
    told = (await insertAccount(store, login, fields, author, { registration })).told
  } catch (error) {
    if (!isUniqueViolation(error)) throw error
    throw failure('conflict', 'There is an account with this login.', { cause: error })
  }
  await announceChange()
  const noted = bus.call(
    accountOperations.note,
    { account: told, usage_period: usagePeriod },
    { ...call, commandId: undefined },
  )
  await noted.catch(error => logError(error, request))
  return told
}
