import { failure } from '@slipway/contracts'
import { hasRole } from '@slipway/service'
import type { Store } from '@slipway/store'
import type { FastifyRequest } from 'fastify'
import { type Account, findAccount, findLogin, isLoginGiven } from '../identity/account.store.ts'
import type { Caller } from '../identity/authenticator.ts'
import { isAdministrator } from '../identity/caller.ts'
import { requireKnown } from './authentication.ts'
import type { UserProfile } from './user-profile.ts'

/** @throws `not_found` */
export async function requireAccount(store: Store, login: string): Promise<Account> {
  const account = await findAccount(store, login)
  if (!account) throw failure('not_found', 'Not found.')
  return account
}

/**
 * The login of an account, or of a user of the external issuer, as paths of what it owns have it.
 * @throws `not_found`
 */
export async function requireLogin(store: Store, login: string): Promise<string> {
  const known = await findLogin(store, login)
  if (known === undefined) throw failure('not_found', 'Not found.')
  return known
}

/**
 * The same, also of an account that was deleted: its login is nobody else's, and stays in lists of members.
 * @throws `not_found`
 */
export async function requireGivenLogin(store: Store, login: string): Promise<string> {
  const known = await findLogin(store, login)
  if (known === undefined && !(await isLoginGiven(store, login))) throw failure('not_found', 'Not found.')
  return known ?? login
}

/** The org or user that a path begins with, as operations name owners; `/user` is whoever calls. */
export async function ownerOfPath(store: Store, request: FastifyRequest, caller: Caller | null) {
  const { org, user } = request.params as { org?: string; user?: string }
  if (org !== undefined) return { ownerType: 'org', owner: org }
  const owner = user === undefined ? requireKnown(caller).identity.login : await requireLogin(store, user)
  return { ownerType: 'user', owner }
}

/** What people are called, and their mail address, is for themselves and for who manages accounts. */
export function knowsPerson(caller: Caller | null, { id }: Account): boolean {
  if (!caller) return false
  return caller.identity.subject === id || isAdministrator(caller) || hasRole(caller.identity, 'staff')
}

/** `known`: whether the caller may know who that is. */
export function userRow({ login, given_name, family_name }: Account, known: boolean) {
  const name = (known && [given_name, family_name].filter(Boolean).join(' ')) || login
  return { username: login, name, url: `/users/${login}/`, type: 'User' }
}

export function userDetail(
  account: Account,
  owned: { readonly orgs: number; readonly public_sources: number },
  { company, location, preferred_locale, extras }: UserProfile,
  known: boolean,
) {
  const row = userRow(account, known)
  return {
    type: 'User',
    uuid: account.id,
    username: row.username,
    name: row.name,
    email: known ? account.email : null,
    company,
    location,
    preferred_locale,
    ...owned,
    url: row.url,
    sources_url: `${row.url}sources/`,
    organizations_url: `${row.url}orgs/`,
    created_on: milliseconds(account.created_at),
    updated_on: milliseconds(account.updated_at),
    extras,
  }
}

const milliseconds = (iso: string): string => new Date(iso).toISOString()
