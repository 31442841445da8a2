import { connectBus } from '@slipway/bus'
import { type InputOf, identityOperations, type Operation, type OutputOf } from '@slipway/contracts'
import type { Platform } from '@slipway/local'
import { captureLog } from '@slipway/testing'

/** Calls an operation over the bus as the administrator of the platform. */
export async function callAsAdministrator<Op extends Operation>(
  platform: Platform,
  operation: Op,
  input: InputOf<Op>,
): Promise<OutputOf<Op>> {
  const { log } = captureLog()
  await using bus = await connectBus({ servers: platform.natsUrl('operator'), name: 'operator', version: '1.0.0', log })
  const { identity_token } = await bus.call(identityOperations.exchange, { token: platform.adminToken ?? '' })
  return await bus.call(operation, input, { identity: identity_token, timeoutMs: 30_000 })
}
