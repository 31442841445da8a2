import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { type EventEnvelope, eventStream } from '@slipway/contracts'
import type { TestNats } from './nats-server.ts'

export const thingChanged = { noun: 'thing', verb: 'changed' }
export const thingFilter = 'slipway.v1.event.thing.changed.*'

export function thingEvent(sequence: number, subject = 'TH_1'): EventEnvelope<{ sequence: number }> {
  return {
    specversion: '1.0',
    id: `${subject}-${sequence}`,
    source: '/slipway/registry',
    type: 'slipway.v1.thing.changed',
    subject,
    time: '2026-01-02T03:04:05.678901Z',
    datacontenttype: 'application/json',
    sequence,
    actor: 'system',
    data: { sequence },
  }
}

/** The stream as the plain client library sees it. */
export async function withManager<Result>(
  nats: TestNats,
  work: (manager: JetStreamManager) => Promise<Result>,
): Promise<Result> {
  const nc = await connect({ servers: nats.url })
  try {
    return await work(await jetstreamManager(nc))
  } finally {
    await nc.close()
  }
}

export function messageCount(nats: TestNats): Promise<number> {
  return withManager(nats, async manager => (await manager.streams.info(eventStream)).state.messages)
}
