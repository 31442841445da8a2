import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { jetstreamManager } from '@nats-io/jetstream'
import { call, requestRaw } from './client/calls.ts'
import { openStream } from './client/open-stream.ts'
import { proving } from './client/proving.ts'
import { request } from './client/request.ts'
import { upload } from './client/upload.ts'
import { openConnection } from './connection/connection.ts'
import { watchDeadlines } from './connection/deadlines.ts'
import { openInbox } from './connection/inbox.ts'
import type { Link } from './connection/post.ts'
import { consumeEvents } from './events/consume.ts'
import { defaultMaxAgeMs, ensureEventStream } from './events/event-stream.ts'
import { publishEvent } from './events/publish-event.ts'
import { createRoom } from './server/room.ts'
import { broadcastHeaders, isBroadcast } from './server/sender.ts'
import { createServer } from './server/server.ts'
import { defaultIdleMs } from './stream/limits.ts'
import type { Bus, BusOptions, Consumer } from './types.ts'
import { readHeaders } from './wire/headers.ts'
import { text } from './wire/json.ts'

/** Connects to the bus. Waits for a broker that is not there yet; throws for wrong credentials and unreadable URLs. */
export async function connectBus(options: BusOptions): Promise<Bus> {
  const { name, version, log, streamIdleMs: idleMs = defaultIdleMs } = options
  const connection = await openConnection(options)
  const deadlines = watchDeadlines()
  const link: Link = { connection, deadlines, inbox: openInbox(connection) }
  const id = randomBytes(12).toString('hex')
  const room = createRoom(deadlines)
  const server = createServer(link, idleMs, { name, version, id }, room)
  const manager = await jetstreamManager(connection.nc, { checkAPI: false })
  const streamSettings = { maxAgeMs: options.eventMaxAgeMs ?? defaultMaxAgeMs, replicas: options.eventReplicas }
  const ensureStream = () => ensureEventStream(manager, streamSettings)
  const consumers = new Set<Consumer>()
  connection.onDisconnect(deadlines.disconnected)

  async function stopConsumers() {
    await Promise.all([...consumers].map(consumer => consumer.stop()))
  }

  async function drainServers(timeoutMs = 10_000) {
    const drained = Promise.all([server.drain(), stopConsumers()]).then(() => true)
    const inTime = await Promise.race([drained, delay(timeoutMs, false, { ref: false })])
    if (!inTime) log.warn({ timeoutMs }, 'calls or events are still running')
  }

  let closing: Promise<void> | undefined
  async function close() {
    // Consumers end by themselves; whoever waits for their handlers has called drainServers.
    for (const consumer of consumers) void consumer.stop()
    deadlines.stop()
    await connection.close()
  }

  const proved = proving(options.prove)
  const bus: Bus = {
    name,
    id,
    get connected() {
      return connection.connected
    },
    get maxPayload() {
      return connection.maxPayload
    },
    call: (operation, input, given) =>
      proved(operation, given, callOptions => call(link, idleMs, operation, input, callOptions)),
    request: (operation, input, given) =>
      proved(operation, given, callOptions => request(link, idleMs, operation, input, callOptions)),
    openStream: (operation, input, given) =>
      proved(operation, given, callOptions => openStream(link, idleMs, operation, input, callOptions)),
    upload: (operation, input, body, given) =>
      proved(operation, given, callOptions => upload(link, idleMs, operation, input, body, callOptions)),
    requestRaw: (subject, body, callOptions) => requestRaw(link, subject, body, callOptions),
    serve: server.serve,
    serveRaw: server.serveRaw,
    ensureStream,
    publishEvent: (type, event, messageId) => publishEvent(link, type, event, messageId),
    onReconnect: connection.onReconnect,
    async consume(consumeOptions) {
      const consumer = await consumeEvents({ link, manager, ensureStream }, consumeOptions)
      consumers.add(consumer)
      return {
        async stop() {
          consumers.delete(consumer)
          await consumer.stop()
        },
      }
    },
    broadcast: (subject, body) => connection.tell(subject, Buffer.from(body), broadcastHeaders),
    listen: (subject, handle) =>
      connection.subscribe(subject, message => {
        if (isBroadcast(readHeaders(message))) handle(text(message.data), message.subject)
      }),
    async withRoom(bytes, work) {
      await room.take(bytes, Number.POSITIVE_INFINITY)
      try {
        return await work()
      } finally {
        room.leave(bytes)
      }
    },
    flush: connection.flush,
    drainServers,
    close: () => (closing ??= close()),
    [Symbol.asyncDispose]: () => (closing ??= close()),
  }
  return bus
}
