import { failure, type Identity } from '@slipway/contracts'

const administratorRoles = ['ADMIN', 'ROLE_ADMIN'] as const
/** Roles of those who may have webhooks. */
const developerRoles = [...administratorRoles, 'DEV'] as const

const hasOne = ({ roles }: Identity, wanted: readonly string[]) => roles.some(role => wanted.includes(role))

/** Administrators see the webhooks of everybody; machine clients of the external issuer only their own. */
export function isAdministrator(identity: Identity): boolean {
  return identity.superuser || (identity.kind === 'user' && hasOne(identity, administratorRoles))
}

/** Who may have webhooks: administrators, developers, machine clients. */
export function isDeveloper(identity: Identity): boolean {
  return identity.superuser || identity.kind === 'service' || hasOne(identity, developerRoles)
}

/** @throws `forbidden` for who is neither administrator nor developer nor a machine client */
export function requireDeveloper(identity: Identity): Identity {
  if (isDeveloper(identity)) return identity
  throw failure('forbidden', 'Only administrators and developers may have webhooks.')
}
