import type { Identity, ServiceName } from '@slipway/contracts'

/** Which take part in releases, as only administrators of the release coordinator may. */
const participants: readonly ServiceName[] = ['catalog', 'exporter']

/** Who a service of the platform is when it acts by itself: what it needs to be for its own part, and nothing else. */
export function serviceIdentity(service: ServiceName): Identity {
  return {
    subject: `slipway|${service}`,
    login: `slipway-${service}`,
    kind: 'user',
    roles: participants.includes(service) ? ['ADMIN'] : [],
    groups: [],
    permissions: [],
    member: null,
    superuser: false,
    service,
  }
}
