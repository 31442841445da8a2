import type { Bus } from '@slipway/bus'

/** Told to every gateway when accounts or tokens changed. */
const subject = 'slipway.v1.gateway.identity.revoked'

export type Revocation = {
  /** Makes every replica forget what it knows of accounts and tokens, this one before the call returns. */
  announce(): void
  stop(): void
}

/**
 * Carries revocations to the other replicas. A message may be lost while NATS is away; then what they remember still
 * ends within a second.
 */
export function shareRevocations(bus: Bus, forget: () => void): Revocation {
  const subscription = bus.listen(subject, forget)
  return {
    announce() {
      forget()
      bus.broadcast(subject, '{}')
    },
    stop: () => subscription.unsubscribe(),
  }
}
