import { failure, type Identity } from '@slipway/contracts'

/**
 * An account as one of its tokens has it: with those of its roles, permissions and groups that are among the scopes, and
 * no others; without scopes, with everything. What may do everything by itself does only what its scopes name.
 */
export function narrowed(identity: Identity, scopes: readonly string[] | null): Identity {
  if (scopes === null) return identity
  const among = (rights: readonly string[]) => scopes.filter(scope => identity.superuser || rights.includes(scope))
  return {
    ...identity,
    roles: among(identity.roles),
    permissions: among(identity.permissions),
    groups: among(identity.groups),
    superuser: false,
  }
}

/** Scopes of a new token. @throws `refused` for rights that the account does not have */
export function requireOwnScopes(identity: Identity, scopes: readonly string[]): string[] {
  const own = new Set([...identity.roles, ...identity.permissions, ...identity.groups])
  const foreign = identity.superuser ? undefined : scopes.find(scope => !own.has(scope))
  if (foreign !== undefined) {
    throw failure('refused', `scopes: ${foreign} is no role, permission or group of the account.`)
  }
  return [...new Set(scopes)]
}
