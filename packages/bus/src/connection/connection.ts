import type { Socket } from 'node:net'
import type { Msg, NatsConnection, PublishOptions, Subscription } from '@nats-io/nats-core'
import type { NatsConnectionImpl } from '@nats-io/nats-core/internal'
import { connect } from '@nats-io/transport-node'
import { failure, subjectToken } from '@slipway/contracts'
import type { Logger } from 'pino'
import type { EncodedHeaders } from '../wire/headers.ts'
import { gatherWrites } from './gather-writes.ts'
import { parseServerList } from './server-list.ts'
import { watchStatus } from './status.ts'

/** The connection to the broker as the rest of the bus sees it. */
export type Connection = {
  readonly nc: NatsConnection
  readonly log: Logger
  /** `_INBOX.<service>`: the only inboxes this service may listen on, so that the broker can confine it to them. */
  readonly inboxPrefix: string
  readonly connected: boolean
  /** True shortly after a reconnect: other services may not be back yet, so "no responders" proves little. */
  readonly settling: boolean
  readonly maxPayload: number
  /** Sends one message. Throws `unavailable` once the connection is closed. */
  publish(subject: string, body: Uint8Array, headers?: EncodedHeaders | undefined, reply?: string): void
  /** The same for messages whose loss the other side notices by itself: never throws. */
  tell(subject: string, body: Uint8Array, headers?: EncodedHeaders | undefined, reply?: string): void
  /** The callback may throw; the library's reader would end with the first exception. */
  subscribe(subject: string, handle: (message: Msg) => void, queue?: string): Subscription
  /** Resolves when the broker has processed all that was sent, or at once when the connection is lost. */
  flush(): Promise<void>
  onDisconnect(listener: () => void): void
  onReconnect(listener: () => void): void
  close(): Promise<void>
}

export type ConnectionOptions = { readonly servers: string; readonly name: string; readonly log: Logger }

const settlingMs = 1_500
const closeWithinMs = 5_000

/** Connects, waiting for a broker that is not there yet. Wrong credentials throw. */
export async function openConnection({ servers, name, log }: ConnectionOptions): Promise<Connection> {
  const { servers: addresses, credentials, tls } = parseServerList(servers)
  const inboxPrefix = `_INBOX.${subjectToken(name)}`
  const waiting = setInterval(() => log.warn({ servers: addresses }, 'still waiting for NATS'), 5_000).unref()
  const nc = await connect({
    servers: [...addresses],
    name,
    inboxPrefix,
    ...credentials,
    ...(tls && { tls: {} }),
    timeout: 5_000,
    waitOnFirstConnect: true,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    reconnectJitter: 250,
    reconnectJitterTLS: 500,
    pingInterval: 15_000,
    maxPingOut: 2,
    noAsyncTraces: true,
  }).finally(() => clearInterval(waiting))
  // From here on not even refused credentials end the attempts: an operator may be just changing them.
  const { options: libraryOptions, protocol } = nc as NatsConnectionImpl
  libraryOptions.ignoreAuthErrorAbort = true
  log.info({ server: nc.getServer(), version: nc.info?.version }, 'connected to NATS')

  const status = watchStatus(nc, log)
  let maxPayload = nc.info?.max_payload ?? 1024 * 1024
  status.onReconnect(() => {
    maxPayload = nc.info?.max_payload ?? maxPayload
  })
  let closing: Promise<void> | undefined

  async function close() {
    status.expectClose()
    const giveUp = new Promise<void>(resolve => setTimeout(resolve, closeWithinMs).unref())
    await Promise.race([nc.drain().catch(error => log.debug({ err: error }, 'NATS connection not drained')), giveUp])
    await nc.close()
  }

  function publish(subject: string, body: Uint8Array, headers?: EncodedHeaders, reply?: string) {
    if (nc.isClosed()) throw failure('unavailable', 'The connection to the bus is closed.')
    const options: PublishOptions = {}
    if (reply) options.reply = reply
    if (headers) options.headers = headers.forPublish
    // Another one after each reconnect, and none before.
    const { socket } = protocol.transport as { socket?: Socket }
    if (socket) gatherWrites(socket)
    nc.publish(subject, body, options)
  }

  return {
    nc,
    log,
    inboxPrefix,
    get connected() {
      return status.connected()
    },
    get settling() {
      return performance.now() - status.reconnectedAt() < settlingMs
    },
    get maxPayload() {
      return maxPayload
    },
    publish,
    tell(subject, body, headers, reply) {
      try {
        publish(subject, body, headers, reply)
      } catch (error) {
        log.debug({ err: error, subject }, 'message not sent')
      }
    },
    subscribe(subject, handle, queue) {
      return nc.subscribe(subject, {
        ...(queue && { queue }),
        callback(error, message) {
          if (error) return log.error({ err: error, subject }, 'NATS refused a subscription')
          try {
            handle(message)
          } catch (cause) {
            log.error({ err: cause, subject }, 'a message could not be processed')
          }
        },
      })
    },
    async flush() {
      if (status.connected()) await nc.flush().catch(error => log.debug({ err: error }, 'NATS connection not flushed'))
    },
    onDisconnect: status.onDisconnect,
    onReconnect: status.onReconnect,
    close: () => (closing ??= close()),
  }
}
