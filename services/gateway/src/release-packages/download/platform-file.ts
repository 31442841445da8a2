import { Readable } from 'node:stream'
import type { Bus } from '@slipway/bus'
import { failure, isFailure, platformFileScheme, releaseFileBytes } from '@slipway/contracts'
import type { OriginAnswer, OriginRequest } from './origin.ts'
import { refusedByOrigin } from './refused-by-origin.ts'

/** Whether the platform itself keeps the bytes behind an address. */
export const isPlatformFile = (address: string): boolean => address.startsWith(platformFileScheme)

const beginMs = 30_000

/**
 * Opens a file that the platform keeps, as an origin is opened; range and conditions are answered by who keeps it.
 * @throws `not_found`, `bad_upstream` for an address that leads nowhere, `unavailable`, `timeout`
 */
export async function openPlatformFile(
  bus: Pick<Bus, 'openStream'>,
  { address, method, headers, signal }: OriginRequest,
): Promise<OriginAnswer> {
  const file = /^slipway:\/\/exporter\/([\da-f-]{36})$/.exec(address)?.[1]
  if (file === undefined) throw failure('bad_upstream', 'The file cannot be fetched.')
  const { 'if-none-match': ifNoneMatch, range, 'if-range': ifRange } = headers
  const asked = { file, ifNoneMatch, range, ifRange, head: method === 'HEAD' }
  const answer = await bus.openStream(releaseFileBytes.read, asked, { timeoutMs: beginMs, signal }).catch(error => {
    throw isFailure(error, 'not_found') ? refusedByOrigin(404) : error
  })
  const body = Readable.from(answer.body, { objectMode: false })
  body.once('close', () => answer.cancel())
  return { status: answer.status, headers: answer.headers, body }
}
