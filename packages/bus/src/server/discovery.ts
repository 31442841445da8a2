import type { Connection } from '../connection/connection.ts'
import type { Endpoint } from './endpoint.ts'
import { asksForAnswer } from './sender.ts'

export type ServiceIdentity = { readonly name: string; readonly id: string; readonly version: string }

/**
 * Answers the discovery subjects of the NATS services protocol (ADR-32), so that `nats micro list` and dashboards find
 * this instance. Every instance answers: no queue group. Returns the subscriptions' end.
 */
export function answerDiscovery(
  connection: Connection,
  service: ServiceIdentity,
  endpoints: readonly Endpoint[],
): { drain(): Promise<unknown> } {
  const started = new Date().toISOString()
  const head = { name: service.name, id: service.id, version: service.version, metadata: {} }
  const answers = {
    PING: () => ({ type: 'io.nats.micro.v1.ping_response', ...head }),
    INFO: () => ({
      type: 'io.nats.micro.v1.info_response',
      ...head,
      description: '',
      endpoints: endpoints.map(endpoint => ({ ...describe(endpoint), metadata: {} })),
    }),
    STATS: () => ({
      type: 'io.nats.micro.v1.stats_response',
      ...head,
      started,
      endpoints: endpoints.map(endpoint => ({ ...describe(endpoint), ...count(endpoint) })),
    }),
  }
  const subscriptions = Object.entries(answers).flatMap(([verb, answer]) =>
    [`$SRV.${verb}`, `$SRV.${verb}.${service.name}`, `$SRV.${verb}.${service.name}.${service.id}`].map(subject =>
      connection.subscribe(subject, message => {
        if (asksForAnswer(message)) connection.tell(message.reply as string, Buffer.from(JSON.stringify(answer())))
      }),
    ),
  )
  return { drain: () => Promise.allSettled(subscriptions.map(subscription => subscription.drain())) }
}

function describe({ name, subject, queue }: Endpoint) {
  return { name, subject, queue_group: queue }
}

/**
 * Times of the protocol are whole nanoseconds, and its last error is a text, empty for none: clients written in Go or
 * Rust refuse the whole answer otherwise. Whoever wants the parts finds them in `data`, which is free.
 */
function count({ statistics: { requests, errors, processingMs, lastError } }: Endpoint) {
  const processing = Math.round(processingMs * 1e6)
  return {
    num_requests: requests,
    num_errors: errors,
    last_error: lastError ? `${lastError.code}:${lastError.description}` : '',
    processing_time: processing,
    average_processing_time: requests === 0 ? 0 : Math.floor(processing / requests),
    ...(lastError && { data: { last_error: lastError } }),
  }
}
