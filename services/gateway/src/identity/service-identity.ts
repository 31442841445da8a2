import type { Identity, ServiceName } from '@slipway/contracts'

/**
 * Who a service of the platform is when it acts by itself: an administrator of the release coordinator, as participants
 * of releases have to be, and nothing in the other APIs.
 */
export function serviceIdentity(service: ServiceName): Identity {
  return {
    subject: `slipway|${service}`,
    login: `slipway-${service}`,
    kind: 'user',
    roles: ['ADMIN'],
    groups: [],
    permissions: [],
    member: null,
    superuser: false,
  }
}
