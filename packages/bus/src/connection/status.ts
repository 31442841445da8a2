import type { NatsConnection, Status } from '@nats-io/nats-core'
import type { Logger } from 'pino'

export type ConnectionStatus = {
  connected(): boolean
  /** By `performance.now()`; minus infinity before the first reconnect. */
  reconnectedAt(): number
  onDisconnect(listener: () => void): void
  onReconnect(listener: () => void): void
  /** From now on a closed connection is no fault. */
  expectClose(): void
}

/** Follows and logs what happens to a connection that has just been made. */
export function watchStatus(nc: NatsConnection, log: Logger): ConnectionStatus {
  const disconnectListeners: (() => void)[] = []
  const reconnectListeners: (() => void)[] = []
  let connected = true
  let reconnectedAt = Number.NEGATIVE_INFINITY
  let expected = false

  function follow(status: Status) {
    switch (status.type) {
      case 'disconnect':
        connected = false
        if (!expected) log.warn({ server: status.server }, 'NATS connection lost, connecting again')
        for (const listener of disconnectListeners) listener()
        break
      case 'reconnect':
        connected = true
        reconnectedAt = performance.now()
        log.info({ server: status.server }, 'NATS connection is back')
        for (const listener of reconnectListeners) listener()
        break
      case 'error':
        log.error({ err: status.error }, 'NATS reports an error')
        break
      case 'ldm':
        log.warn({ server: status.server }, 'NATS server is about to stop')
        break
      case 'staleConnection':
        log.warn('NATS server does not answer pings')
        break
      default:
        log.trace({ status }, 'NATS connection status')
    }
  }

  void (async () => {
    for await (const status of nc.status()) follow(status)
  })()
  void nc.closed().then(error => {
    connected = false
    if (!expected) log.fatal({ err: error }, 'NATS connection closed for good')
    for (const listener of disconnectListeners) listener()
  })

  return {
    connected: () => connected,
    reconnectedAt: () => reconnectedAt,
    onDisconnect: listener => void disconnectListeners.push(listener),
    onReconnect: listener => void reconnectListeners.push(listener),
    expectClose() {
      expected = true
    },
  }
}
