import type { Bus } from '@slipway/bus'
import { revokedSubject } from '@slipway/contracts'
import type { Store } from '@slipway/store'
import type { Logger } from 'pino'
import { mostAtOnce, noteAnnounced, unannouncedRevocations } from './revocation.store.ts'

export type Revocation = {
  /**
   * Makes every replica forget what it knows of accounts and tokens, and every service refuse the identity tokens that
   * were revoked. This replica forgets before the call returns. When the promise resolves the broker has passed it on, so
   * that whatever is called afterwards comes later. Never rejects: what could not be told is told with the next change.
   */
  announce(): Promise<void>
  stop(): void
}

export type RevocationOptions = {
  readonly store: Store
  readonly bus: Bus
  readonly log: Logger
  readonly forget: () => void
}

/**
 * Carries changes of accounts and tokens to the other replicas, and revocations to all services. A message may be lost
 * while NATS is away; then what replicas remember ends within a second, and services ask for what they missed.
 */
export function shareRevocations({ store, bus, log, forget }: RevocationOptions): Revocation {
  const subscription = bus.listen(revokedSubject, forget)

  async function tellServices(): Promise<void> {
    const keys = await unannouncedRevocations(store)
    // Also without any: the other replicas forget what changed.
    bus.broadcast(revokedSubject, JSON.stringify({ keys }))
    await bus.flush()
    if (keys.length === 0) return
    // Afterwards, so that none is lost with this process; another replica may send it as well, which does no harm.
    await noteAnnounced(store, keys)
    if (keys.length === mostAtOnce) await tellServices()
  }

  return {
    async announce() {
      forget()
      await tellServices().catch(error => log.warn(error, 'a change of accounts could not be told to the services'))
    },
    stop: () => subscription.unsubscribe(),
  }
}
