import { setTimeout as delay } from 'node:timers/promises'
import { failure } from '@slipway/contracts'
import pg, { type Client, type ClientConfig } from 'pg'
import type { Logger } from 'pino'

/**
 * Connects as soon as Postgres accepts it. Any refusal is tried again, also a missing database or role: in a fresh
 * installation those appear a little later than the server. At most one log line a second.
 * Fails with `unavailable` after `waitMs`. The connection belongs to the caller.
 */
export async function connectWhenReady(config: ClientConfig, waitMs: number, log: Logger): Promise<Client> {
  const giveUpAt = performance.now() + waitMs
  let silentUntil = 0
  for (;;) {
    const client = new pg.Client(config)
    // Also after the connection is made: its loss shows in the statement that runs, never as an uncaught event.
    client.on('error', err => log.debug({ err }, 'database connection lost'))
    try {
      await client.connect()
      return client
    } catch (error) {
      if (performance.now() + retryMs > giveUpAt) {
        const message = `Postgres did not accept a connection within ${waitMs / 1000} seconds.`
        throw failure('unavailable', message, { cause: error })
      }
      if (performance.now() >= silentUntil) {
        silentUntil = performance.now() + 1_000
        log.warn({ err: error }, 'waiting for Postgres')
      }
      await delay(retryMs)
    }
  }
}

const retryMs = 100
