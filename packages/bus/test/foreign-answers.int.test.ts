import { AckPolicy } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { eventStream } from '@slipway/contracts'
import { eventually } from '@slipway/testing'
import { expect, test } from 'vitest'
import { thingChanged, thingEvent, withManager } from './event-support.ts'
import { client, nats, service, useTwoBuses } from './two-buses.ts'

useTwoBuses('max_payload: 262144')

const broadcast = 'slipway.v1.gateway.identity.revoked'

/** A program that has the broker and the services answer wherever it likes. */
async function asStranger(work: (ask: (subject: string, reply: string) => Promise<void>) => Promise<void>) {
  const nc = await connect({ servers: nats.url })
  await work(async (subject, reply) => {
    nc.publish(subject, '', { reply })
    await nc.flush()
  })
  await nc.close()
}

const reader = (name: string) =>
  withManager(nats, manager =>
    manager.consumers.add(eventStream, { name, durable_name: name, ack_policy: AckPolicy.Explicit }),
  )

test('what is asked for elsewhere than at an inbox is no call, and is not answered', async () => {
  const taken: string[] = []
  await service.serveRaw('tasks.asked', 'registry', async body => {
    taken.push(Buffer.from(body).toString())
    return { body: 'an answer' }
  })
  await service.serveRaw('tasks.answered', 'registry', async () => {
    taken.push('an answer was taken for a call')
    return {}
  })
  await asStranger(async ask => {
    for (const reply of ['tasks.answered', 'slipway.v1.event.thing.changed.TH_1']) await ask('tasks.asked', reply)
    await ask('$SRV.PING', 'tasks.answered')
    await ask('$JS.API.INFO', 'tasks.answered')
  })
  await client.requestRaw('tasks.asked', Buffer.from('asked'))
  await client.requestRaw('tasks.asked', Buffer.from('asked again'))
  expect(taken).toEqual(['asked', 'asked again'])
})

test('answers and heartbeats of JetStream are no messages to replicas', async () => {
  await service.ensureStream()
  await reader('read')
  await service.publishEvent(thingChanged, thingEvent(1))
  const told: string[] = []
  const listening = service.listen(broadcast, body => void told.push(body))
  const seen: string[] = []
  const nc = await connect({ servers: nats.url })
  nc.subscribe(broadcast, { callback: (_error, message) => void seen.push(message.string().slice(0, 9)) })
  await nc.flush()
  await asStranger(async ask => {
    await ask(`$JS.API.CONSUMER.INFO.${eventStream}.read`, broadcast)
    await ask(`$JS.API.CONSUMER.MSG.NEXT.${eventStream}.read`, broadcast)
  })
  await withManager(nats, manager =>
    manager.consumers.add(eventStream, {
      ...{ name: 'beating', durable_name: 'beating', deliver_subject: broadcast, ack_policy: AckPolicy.None },
      ...{ filter_subject: 'slipway.v1.event.nothing.>', idle_heartbeat: 100_000_000 },
    }),
  )
  // The answer, the event, and a heartbeat.
  await eventually(() => expect(new Set(seen)).toEqual(new Set(['{"type":"', '{"specver', ''])))
  client.broadcast(broadcast, 'meant')
  await eventually(() => told.includes('meant'))
  expect(told).toEqual(['meant'])
  listening.unsubscribe()
  await nc.close()
})

test('an event of the past that was sent to the subject of another one is none', async () => {
  await service.ensureStream()
  await withManager(nats, manager => manager.streams.purge(eventStream))
  await reader('again')
  const taken: string[] = []
  const letters: string[] = []
  const consumer = await service.consume({
    durable: 'test-foreign',
    filters: ['slipway.v1.event.>'],
    handle: async (event, { subject }) => void taken.push(`${event.id} ${subject}`),
    deadLetter: async ({ error }) => void letters.push(error),
  })
  await service.publishEvent(thingChanged, thingEvent(7))
  const forged = 'slipway.v1.event.account.deleted.AC_1'
  await asStranger(ask => ask(`$JS.API.CONSUMER.MSG.NEXT.${eventStream}.again`, forged))
  await service.publishEvent(thingChanged, thingEvent(8))
  await eventually(() => expect(taken).toHaveLength(2))
  expect(taken).toEqual([7, 8].map(sequence => `TH_1-${sequence} slipway.v1.event.thing.changed.TH_1`))
  await consumer.stop()
  // Newer servers do not take the copy at all: it has the message id of the first.
  expect([[], [`not an event: slipway.v1.thing.changed was sent to ${forged}`]]).toContainEqual(letters)
})
