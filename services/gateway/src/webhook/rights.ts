import { gatewayReads, holdsRight, type Identity, readRefusal } from '@slipway/contracts'

/** Administrators see the webhooks of everybody; machine clients of the external issuer only their own. */
export function isAdministrator(identity: Identity): boolean {
  return holdsRight('administrator', identity)
}

/** Who may have webhooks: administrators, developers, machine clients. */
export function isDeveloper(identity: Identity): boolean {
  return holdsRight('developer', identity)
}

/** @throws `forbidden` for who is neither administrator nor developer nor a machine client */
export function requireDeveloper(identity: Identity): Identity {
  const refusal = readRefusal(gatewayReads.webhooks.audience, identity)
  if (refusal) throw refusal
  return identity
}
