import type { Account, AccountFields } from './account.store.ts'

/** What is to change of an account, by the names of the API; what is absent stays, or is as in a new account. */
export type AccountChange = {
  readonly email?: string | null | undefined
  readonly givenName?: string | null | undefined
  readonly familyName?: string | null | undefined
  readonly roles?: readonly string[] | undefined
  readonly groups?: readonly string[] | undefined
  readonly permissions?: readonly string[] | undefined
  readonly member?: string | null | undefined
  readonly active?: boolean | undefined
  readonly superuser?: boolean | undefined
  readonly langKey?: string | undefined
  readonly country?: string | null | undefined
  readonly activated?: boolean | undefined
}

/** The fields of an account after a change; `passwordHash` undefined: the password stays. */
export function changedFields(
  existing: Account | undefined,
  change: AccountChange,
  passwordHash: string | null | undefined,
): AccountFields {
  return {
    password_hash: given(passwordHash, existing?.password_hash),
    email: given(change.email, existing?.email),
    given_name: given(change.givenName, existing?.given_name),
    family_name: given(change.familyName, existing?.family_name),
    roles: change.roles ?? existing?.roles ?? [],
    groups: change.groups ?? existing?.groups ?? [],
    permissions: change.permissions ?? existing?.permissions ?? [],
    member: given(change.member, existing?.member),
    active: change.active ?? existing?.active ?? true,
    superuser: change.superuser ?? existing?.superuser ?? false,
    lang_key: change.langKey ?? existing?.lang_key ?? 'en',
    country: given(change.country, existing?.country),
    activated: change.activated ?? existing?.activated ?? true,
  }
}

/** Null is a value that can be given. */
function given<Value>(value: Value | null | undefined, before: Value | null | undefined): Value | null {
  return (value === undefined ? before : value) ?? null
}

/** The account as the API shows it: without what could be used to sign in. */
export function shownAccount(account: Account) {
  const { login, email, given_name, family_name, roles, groups, permissions, member, active, superuser } = account
  return {
    login,
    email,
    givenName: given_name,
    familyName: family_name,
    roles,
    groups,
    permissions,
    member,
    active,
    superuser,
    hasPassword: account.password_hash !== null,
    createdAt: account.created_at,
    updatedAt: account.updated_at,
  }
}
