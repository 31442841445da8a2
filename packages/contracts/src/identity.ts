import { z } from 'zod'
import { serviceNames } from './service-name.ts'

/** Who calls, as the gateway vouches for it. Rights are decided where the data is. */
export const identitySchema = z.object({
  /** Stable id of the account, or `<issuer>|<subject>` of an external token. */
  subject: z.string().min(1),
  /** Login of an account, user name of an external user; shown as author and actor. */
  login: z.string().min(1),
  /** Machine clients count as administrators of the release coordinator and have no profile. */
  kind: z.enum(['user', 'service']),
  /** `ADMIN`, `DEV`, `USER`; `ROLE_ADMIN`, `ROLE_STAFF`, `ROLE_MEMBER`, `ROLE_USER`; `curator`; `staff`. */
  roles: z.array(z.string()),
  /** Study ids and group names. */
  groups: z.array(z.string()),
  /** E.g. `ACCESS_ALL_DATA`, or `<resource>:<action>` of the schedules API. */
  permissions: z.array(z.string()),
  /** Key of the member organisation whose staff this is. */
  member: z.string().nullable(),
  /** The first administrator may do everything in every API. */
  superuser: z.boolean(),
  /** When the API token ends that the caller came with: nothing that is given out for it lasts longer. Absent: never. */
  ends_at: z.iso.datetime().optional(),
  /** The caller came with an API token that has scopes or an end: nothing may be made that acts later by itself. Absent: no. */
  bounded: z.literal(true).optional(),
  /**
   * What it can be revoked by: a key for the account with the rights that it has now, and one for the API token or session.
   * Once one of them is revoked, nothing that was given out for it counts any more. Absent: nothing can revoke it.
   */
  revocation_keys: z.array(z.string()).optional(),
  /** Which service of the platform this is. Absent: none. */
  service: z.enum(serviceNames).optional(),
})

export type Identity = z.infer<typeof identitySchema>

/** Message to all services: {@link revokedSchema}. It is sent before the write that revokes is answered. */
export const revokedSubject = 'slipway.v1.gateway.identity.revoked'
/** Keys that were revoked a moment ago; none, when accounts changed otherwise. */
export const revokedSchema = z.object({ keys: z.array(z.string()) })

/** Audience of identity tokens. */
export const identityAudience = 'slipway'
/** Algorithm of identity tokens: short signatures, cheap to verify. */
export const identityAlgorithm = 'EdDSA'

/** What goes into an event or a record as its author. */
export function actorOf(identity: Identity | null): string {
  if (!identity) return 'anonymous'
  return identity.kind === 'service' ? `service:${identity.login}` : identity.login
}
