import type { Subscription } from '@nats-io/nats-core'
import type { OperationFlow } from '@slipway/contracts'
import type { Link } from '../connection/post.ts'
import type { Answer, CallContext, OperationHandler, ServeOptions } from '../types.ts'
import { answerDiscovery, type ServiceIdentity } from './discovery.ts'
import type { Endpoint } from './endpoint.ts'
import { createGate, type Gate } from './gate.ts'
import { operationWork } from './operation-work.ts'
import type { Room } from './room.ts'
import { newStatistics } from './statistics.ts'
import { takeCall } from './take-call.ts'

export type Server = {
  serve(handlers: readonly OperationHandler[], options: ServeOptions): Promise<void>
  serveRaw(
    subject: string,
    queue: string,
    handle: (body: Uint8Array, context: CallContext) => Promise<Answer<unknown>>,
  ): Promise<void>
  /** Takes no new calls; resolves when those that were taken are answered. */
  drain(): Promise<void>
}

const defaults = { concurrency: 256, backlog: 1_024, streams: 128 }

export function createServer(link: Link, idleMs: number, service: ServiceIdentity, room: Room): Server {
  const endpoints: Endpoint[] = []
  const subscriptions: Subscription[] = []
  const gates: Gate[] = []
  let discovery: ReturnType<typeof answerDiscovery> | undefined

  function newGate(concurrency: number, backlog: number): Gate {
    const gate = createGate(concurrency, backlog)
    gates.push(gate)
    return gate
  }

  function listen(endpoint: Endpoint) {
    endpoints.push(endpoint)
    subscriptions.push(
      link.connection.subscribe(endpoint.subject, message => takeCall(link, idleMs, endpoint, message), endpoint.queue),
    )
  }

  /** Once the broker knows all subscriptions, discovery may tell of them. */
  async function announce() {
    discovery ??= answerDiscovery(link.connection, service, endpoints)
    await link.connection.flush()
  }

  return {
    async serve(handlers, options) {
      const { concurrency = defaults.concurrency, backlog = defaults.backlog, streams = defaults.streams } = options
      const calls = newGate(concurrency, backlog)
      // Streams last as long as their slowest reader: they may not take the places of short calls.
      const transfers = newGate(streams, backlog)
      const gateOf = (flow: OperationFlow) => (flow === 'unary' ? calls : transfers)
      for (const handler of handlers) {
        const { noun, verb, subject, flow } = handler.operation
        listen({
          name: `${noun}-${verb}`,
          subject,
          queue: options.queue,
          flow,
          statistics: newStatistics(),
          gate: gateOf(flow),
          room,
          work: operationWork(handler, options.identify),
        })
      }
      await announce()
    },

    async serveRaw(subject, queue, handle) {
      listen({
        name: subject.replaceAll(/[^\w-]/gu, '-'),
        subject,
        queue,
        flow: 'unary',
        statistics: newStatistics(),
        gate: newGate(defaults.concurrency, defaults.backlog),
        room,
        work: handle,
      })
      await announce()
    },

    async drain() {
      await Promise.allSettled([discovery?.drain(), ...subscriptions.map(subscription => subscription.drain())])
      await Promise.all(gates.map(gate => gate.idle()))
      await link.connection.flush()
    },
  }
}
