import { z } from 'zod'
import type { HttpServerOptions } from './server.ts'

const count = (fallback: number, description: string, min = 0) =>
  z.coerce.number().int().min(min).max(1_000_000_000).default(fallback).meta({ description })

/** How much, and how slowly, clients may have going on at the same time. */
export const limitsConfig = z.object({
  SLIPWAY_CONNECTIONS: count(10_000, 'Connections that one replica keeps open at the same time', 1),
  SLIPWAY_CONNECTIONS_PER_ADDRESS: count(2_000, 'Those of one address that is no trusted proxy; 0: no limit'),
  SLIPWAY_REQUESTS: count(4_000, 'Requests that one replica has under way, streams and downloads included', 1),
  SLIPWAY_REQUESTS_PER_ADDRESS: count(1_000, 'Those of one address; 0: no limit'),
  SLIPWAY_TRANSFERS_PER_ADDRESS: count(64, 'Answers of any length that flow to one address; 0: no limit'),
  SLIPWAY_UPLOADS_PER_ADDRESS: count(
    32,
    'Bodies (imports, licences) that flow on from one address, others wait; 0: no limit',
  ),
  SLIPWAY_CALLS: count(64, 'Calls of one operation of a service that one replica has under way', 1),
  SLIPWAY_CALL_WAIT_MS: count(5_000, 'Milliseconds that a request waits for its turn to make such a call', 1),
  SLIPWAY_HEAD_SECONDS: count(20, 'Seconds in which the head of a request must be there', 1),
  SLIPWAY_BODY_SECONDS: count(20, 'Seconds that any request body may take', 1),
  SLIPWAY_BODY_RATE: count(1_024, 'Bytes a second that a body which takes longer must bring on average', 1),
})

/** The part of the configuration that bounds the HTTP server. */
export function serverLimits(
  config: z.output<typeof limitsConfig>,
): Pick<HttpServerOptions, 'connections' | 'admission' | 'flowingBodies' | 'headMs' | 'slowBodies'> {
  return {
    connections: {
      connections: config.SLIPWAY_CONNECTIONS,
      connectionsPerAddress: config.SLIPWAY_CONNECTIONS_PER_ADDRESS,
    },
    admission: {
      requests: config.SLIPWAY_REQUESTS,
      requestsPerAddress: config.SLIPWAY_REQUESTS_PER_ADDRESS,
      transfersPerAddress: config.SLIPWAY_TRANSFERS_PER_ADDRESS,
    },
    flowingBodies: { perAddress: config.SLIPWAY_UPLOADS_PER_ADDRESS, waitMs: config.SLIPWAY_CALL_WAIT_MS },
    headMs: config.SLIPWAY_HEAD_SECONDS * 1000,
    slowBodies: { graceMs: config.SLIPWAY_BODY_SECONDS * 1000, bytesPerSecond: config.SLIPWAY_BODY_RATE },
  }
}
