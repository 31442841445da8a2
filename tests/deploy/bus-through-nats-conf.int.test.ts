import { type Bus, connectBus } from '@slipway/bus'
import {
  type EventEnvelope,
  everybody,
  identityOperations,
  operation,
  type ServiceName,
  serviceNames,
} from '@slipway/contracts'
import type { NatsServer } from '@slipway/servers'
import { captureLog, eventually } from '@slipway/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectAs, type NatsUser, natsUrl, startDeployedNats } from './nats-users.ts'

const captured = captureLog()
const bytes = (count: number) => Buffer.alloc(count, 7)

let server: NatsServer
const buses = {} as Record<ServiceName | 'integration', Bus>

beforeAll(async () => {
  server = await startDeployedNats()
  const connectBusAs = (name: NatsUser) =>
    connectBus({ servers: natsUrl(server, name), name, version: '1.0.0', log: captured.log })
  for (const name of [...serviceNames, 'integration'] as const) buses[name] = await connectBusAs(name)
  for (const name of serviceNames) await buses[name].ensureStream()
})

afterAll(async () => {
  for (const bus of Object.values(buses)) await bus.close()
  await server?.[Symbol.asyncDispose]()
})

async function countBytes(body: AsyncIterable<Uint8Array>): Promise<number> {
  let count = 0
  for await (const chunk of body) count += chunk.length
  return count
}

/** Longer than what may be sent without a further credit. */
async function* longBody() {
  for (let sent = 0; sent < 40; sent += 1) yield bytes(128 * 1024)
}
const longBodyBytes = 40 * 128 * 1024

const nothing = identityOperations.keys.input

const streamed = operation('coordinator.release.stream', {
  summary: 'Streams bytes',
  effect: 'read',
  audience: everybody,
  flow: 'streamed-answer',
  input: nothing,
  output: nothing,
})

const uploaded = operation('exporter.upload.measure', {
  summary: 'Takes bytes',
  effect: 'write',
  flow: 'streamed-request',
  input: nothing,
  output: nothing,
})

const probed = operation('exporter.probe.take', {
  summary: 'Counts who asks',
  effect: 'write',
  input: nothing,
  output: nothing,
})

describe('with the permissions of nats.conf', () => {
  it('every service can fetch the keys of identity tokens', async () => {
    const handle = async () => ({ body: { keys: [{ kid: 'k1' }] } })
    await buses.gateway.serve([{ operation: identityOperations.keys, handle }], { queue: 'gateway' })
    for (const name of serviceNames) {
      expect(await buses[name].call(identityOperations.keys, {})).toEqual({ keys: [{ kid: 'k1' }] })
    }
  })

  it('an event reaches the consumer of another service', async () => {
    const received: EventEnvelope[] = []
    await buses.coordinator.consume({
      durable: 'coordinator-task-services',
      filters: ['slipway.v1.event.task-service.>'],
      handle: async event => void received.push(event),
      deadLetter: async () => {},
    })
    const event: EventEnvelope = {
      specversion: '1.0',
      id: 'e1',
      source: '/slipway/registry',
      type: 'slipway.v1.task-service.created',
      subject: 'TS_00000001',
      time: '2026-01-01T00:00:00.000000Z',
      datacontenttype: 'application/json',
      sequence: 1,
      actor: 'admin',
      data: {},
    }
    await buses.registry.publishEvent({ noun: 'task-service', verb: 'created' }, event)
    await eventually(() => expect(received).toEqual([event]))
  })

  it.each(['gateway', 'integration'] as const)('%s reads a streamed answer to its end', async reader => {
    if (reader === 'gateway') {
      const handle = async () => ({ body: longBody() })
      await buses.coordinator.serve([{ operation: streamed, handle }], { queue: 'coordinator' })
    }
    const { body } = await buses[reader].openStream(streamed, {})
    expect(await countBytes(body)).toBe(longBodyBytes)
  })

  it('a service reads a streamed request to its end', async () => {
    await buses.exporter.serve(
      [
        {
          operation: uploaded,
          handle: async (_input, _context, upload) => ({ body: { raw: String(await countBytes(upload)) } }),
        },
      ],
      { queue: 'exporter' },
    )
    const { body } = await buses.gateway.upload(uploaded, {}, longBody())
    expect(Number(Buffer.from(body).toString())).toBe(longBodyBytes)
  })

  it('a task service on the bus is commanded and answers', async () => {
    await buses.integration.serveRaw('task-service.integration.tasks', 'integration', async () => ({
      body: { ok: true },
    }))
    const answer = await buses.coordinator.requestRaw('task-service.integration.tasks', Buffer.from('{}'))
    expect(Buffer.from(answer.body).toString()).toBe('{"ok":true}')
  })

  it('operators discover the services that serve', async () => {
    await using operator = await connectAs(server, 'operator')
    const found = new Set<string>()
    const inbox = '_INBOX.operator.discovery'
    operator.nc.subscribe(inbox, {
      callback: (_error, message) => void found.add(message.json<{ name: string }>().name),
    })
    operator.nc.publish('$SRV.PING', '', { reply: inbox })
    await eventually(() => expect([...found]).toEqual(expect.arrayContaining(['gateway', 'coordinator', 'exporter'])))
  })

  it('an integration has the broker send elsewhere what it may read, and nobody takes it for a call', async () => {
    let calls = 0
    const handle = async () => {
      calls += 1
      return { body: {} }
    }
    await buses.exporter.serve([{ operation: probed, handle }], { queue: 'exporter' })
    await using gateway = await connectAs(server, 'gateway')
    await using integration = await connectAs(server, 'integration')
    const { nc } = integration
    expect(await integration.publish(probed.subject, '_INBOX.integration.x')).toBe('refused')

    // Outside the queue group only what every replica hears can be seen; the exporter gets the same.
    const told = 'slipway.v1.gateway.identity.revoked'
    const seen: string[] = []
    gateway.nc.subscribe(told, { callback: (_error, message) => void seen.push(message.string().slice(0, 16)) })
    await gateway.nc.flush()
    const heard: string[] = []
    const listening = buses.gateway.listen(told, body => void heard.push(body))

    const name = 'integration'
    const filter_subject = 'slipway.v1.event.task-service.>'
    for (const deliver_subject of [probed.subject, told]) {
      const settings = { ack_policy: 'none', deliver_policy: 'all', idle_heartbeat: 100_000_000 }
      const config = { name, durable_name: name, filter_subject, deliver_subject, ...settings }
      const under = `$JS.API.CONSUMER.CREATE.SLIPWAY.${name}.${filter_subject}`
      const made = await nc.request(under, JSON.stringify({ stream_name: 'SLIPWAY', config }))
      expect(made.json()).not.toHaveProperty('error')
      if (deliver_subject === told)
        await eventually(() => expect(seen).toEqual(expect.arrayContaining(['{"specversion":"', ''])))
      await nc.request(`$JS.API.CONSUMER.DELETE.SLIPWAY.${name}`)
    }
    for (const reply of [probed.subject, told]) {
      nc.publish(`$JS.API.CONSUMER.INFO.SLIPWAY.${name}`, '', { reply })
      nc.publish('slipway.v1.coordinator.release.stream', '{}', { reply })
    }
    await eventually(() => expect(seen).toContain('{"type":"io.nats'))
    await buses.gateway.call(probed, {}, { identity: 'x' })
    buses.gateway.broadcast(told, 'meant')
    await eventually(() => expect(heard).toEqual(['meant']))
    expect(calls).toBe(1)
    listening.unsubscribe()
  })

  // Last, for all that happened above.
  it('nothing of that was refused', () => {
    expect(captured.lines.filter(line => /permissions violation/i.test(JSON.stringify(line)))).toEqual([])
  })
})
