import type { ServiceName } from '@slipway/contracts'
import type { SupervisedProcess } from './supervisor.ts'

export type StopTimes = {
  /** How long the gateway may keep the other services waiting to finish its requests. Default 4,000. */
  readonly headStartMs?: number
  /** After this long, counted from the beginning, whatever is left gets SIGKILL. Default `stopTimes.servicesMs`. */
  readonly killAfterMs?: number
}

/**
 * The platform is gone 15 s after it was asked to stop. Services end what runs within 10 s; what they leave of the whole belongs
 * to the servers: seconds at the least, nearly all of it as a rule.
 */
export const stopTimes = { servicesMs: 10_500, allMs: 14_500 } as const

/**
 * Stops services: the gateway first, so that its last requests still find the others; then those, all at once. A gateway
 * that hangs does not use up their time to finish.
 */
export async function stopInOrder(
  processes: readonly (Pick<SupervisedProcess, 'stop'> & { readonly service: ServiceName })[],
  { headStartMs = 4_000, killAfterMs = stopTimes.servicesMs }: StopTimes = {},
): Promise<void> {
  const deadline = Date.now() + killAfterMs
  const isGateway = ({ service }: { service: ServiceName }) => service === 'gateway'
  const gateways = Promise.all(processes.filter(isGateway).map(gateway => gateway.stop(killAfterMs)))
  const headStart = Promise.withResolvers<void>()
  const timer = setTimeout(headStart.resolve, headStartMs)
  await Promise.race([gateways, headStart.promise])
  clearTimeout(timer)
  const others = processes.filter(process => !isGateway(process))
  await Promise.all([gateways, ...others.map(other => other.stop(Math.max(0, deadline - Date.now())))])
}
