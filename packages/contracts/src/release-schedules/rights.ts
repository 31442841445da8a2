import type { Identity } from '../identity.ts'

export type PdcAction = 'create' | 'update' | 'delete'

/** Who has one of these may do everything in this API. */
const administrators = ['ADMIN', 'ROLE_ADMIN']

/** Whether a caller may do everything: the first administrator, machine clients, administrators of the platform. */
export function isPdcAdministrator(identity: Identity): boolean {
  return identity.superuser || identity.kind === 'service' || identity.roles.some(role => administrators.includes(role))
}

/**
 * Whether a caller may write: administrators, and whoever has the permission `<resource>:<action>`, for instance
 * `release-schedules:update`. Everybody may read.
 */
export function mayWritePdc(identity: Identity | null, segment: string, action: PdcAction): boolean {
  if (!identity) return false
  return isPdcAdministrator(identity) || identity.permissions.includes(`${segment}:${action}`)
}
