import type { Bus } from '@slipway/bus'
import { identityOperations, type ServiceName } from '@slipway/contracts'
import { now } from '@slipway/store'

export type ServiceIdentity = {
  /**
   * An identity token with at least some minutes of life, to be passed on as `identity` of calls.
   * @throws `unavailable`, `timeout` when the gateway cannot be reached and none is left
   */
  token(): Promise<string>
}

/** Seconds before its expiry at which a token is not used any more. */
const marginSeconds = 60

/** Identity of this service toward others, for what it does by itself and not for a caller. One request for all who wait. */
export function createServiceIdentity(bus: Pick<Bus, 'call'>, service: ServiceName): ServiceIdentity {
  let current: { readonly token: string; readonly renewAt: number } | undefined
  let renewing: Promise<string> | undefined

  async function renew(): Promise<string> {
    const asked = now()
    const { identity_token: token, expires_in } = await bus.call(identityOperations.service, { service })
    current = { token, renewAt: asked + (expires_in - marginSeconds) * 1000 }
    return token
  }

  return {
    async token() {
      if (current && now() < current.renewAt) return current.token
      renewing ??= renew().finally(() => {
        renewing = undefined
      })
      return renewing
    },
  }
}
