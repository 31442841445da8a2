import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

export type Metrics = {
  readonly registry: Registry
  /** Duration of an operation in seconds, by operation and outcome (`ok` or an error code). */
  operation(name: string, outcome: string, seconds: number): void
  /** Seconds from the moment at which an event was written to the commit of what a consumer made of it. */
  consumed(consumer: string, seconds: number): void
}

/** Prometheus metrics of one service, with those of the process and of Node.js. */
export function createMetrics(service: string): Metrics {
  const registry = new Registry()
  registry.setDefaultLabels({ service })
  collectDefaultMetrics({ register: registry })
  const operations = new Histogram({
    name: 'slipway_operation_duration_seconds',
    help: 'Duration of operations until the answer is ready',
    labelNames: ['operation', 'outcome'],
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  })
  const lags = new Histogram({
    name: 'slipway_consumer_lag_seconds',
    help: 'Time from the change that an event tells of to the commit of what a consumer made of it',
    labelNames: ['consumer'],
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 60, 600],
    registers: [registry],
  })
  return {
    registry,
    operation: (name, outcome, seconds) => operations.observe({ operation: name, outcome }, seconds),
    consumed: (consumer, seconds) => lags.observe({ consumer }, seconds),
  }
}

export type Backlog = () => Promise<{ readonly unsent: number; readonly oldestSeconds: number }>

/** Shows how many events wait to be sent, and for how long the oldest one has waited. */
export function watchOutbox({ registry }: Metrics, backlog: Backlog): void {
  const oldest = new Gauge({
    name: 'slipway_outbox_oldest_seconds',
    help: 'Age of the oldest event that was not sent yet',
    registers: [registry],
  })
  new Gauge({
    name: 'slipway_outbox_unsent',
    help: 'Events that were not sent yet',
    registers: [registry],
    async collect() {
      const { unsent, oldestSeconds } = await backlog()
      this.set(unsent)
      oldest.set(oldestSeconds)
    },
  })
}
