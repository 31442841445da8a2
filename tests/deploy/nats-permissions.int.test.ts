import { AckPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import {
  eventFilter,
  eventStream,
  eventSubject,
  eventSubjects,
  events,
  isPublic,
  operations,
  serviceNames,
} from '@slipway/contracts'
import type { NatsServer } from '@slipway/servers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readText } from './deploy-files.ts'
import { declaredDurables } from './durables.ts'
import {
  connectAs,
  type NatsUser,
  natsUsers,
  passwordOf,
  startDeployedNats,
  type UserConnection,
} from './nats-users.ts'

const config = readText('deploy/nats.conf')
/** Durable consumers that nats.conf lets somebody make, with the `-<n>` of those with several filters. */
const permittedDurables = [
  ...new Set(
    [...config.matchAll(/"\$JS\.API\.CONSUMER\.CREATE\.SLIPWAY\.([\w-]+)\.(?:slipway\..*)?>"/g)].map(
      match => match[1] as string,
    ),
  ),
]

let server: NatsServer
const users = {} as Record<NatsUser, UserConnection>

beforeAll(async () => {
  server = await startDeployedNats()
  for (const user of natsUsers) users[user] = await connectAs(server, user)
  const manager = await jetstreamManager(users.registry.nc, { checkAPI: false })
  await manager.streams.add({ name: eventStream, subjects: [eventSubjects] })
})

afterAll(async () => {
  for (const user of Object.values(users)) await user[Symbol.asyncDispose]()
  await server?.[Symbol.asyncDispose]()
})

/** The users that may publish on a subject. */
async function publishers(subject: string): Promise<NatsUser[]> {
  const allowed: NatsUser[] = []
  for (const user of natsUsers) if ((await users[user].publish(subject)) === 'allowed') allowed.push(user)
  return allowed
}

/** The users that may subscribe to a subject. */
async function subscribers(subject: string, queue?: string): Promise<NatsUser[]> {
  const allowed: NatsUser[] = []
  for (const user of natsUsers) if ((await users[user].subscribe(subject, queue)) === 'allowed') allowed.push(user)
  return allowed
}

/** One that takes batches is made anew to restore its order; integrations clear up after themselves. */
const removable: readonly string[] = ['gateway-stream', 'integration']

describe('connections', () => {
  const address = () => ({ servers: `127.0.0.1:${server.port}`, reconnect: false })

  it('are refused without credentials', async () => {
    await expect(connect(address())).rejects.toThrow(/authorization/i)
  })

  it('are refused with the password of another user', async () => {
    const registry = await connect({ ...address(), user: 'registry', pass: passwordOf('registry') })
    await registry.close()
    await expect(connect({ ...address(), user: 'registry', pass: passwordOf('gateway') })).rejects.toThrow(
      /authorization/i,
    )
  })
})

describe('operations', () => {
  const subjectsOf = (service: string) =>
    operations.filter(operation => operation.service === service).map(operation => operation.subject)

  it.each(serviceNames)('of %s are answered by itself only, in its queue group only', async service => {
    for (const subject of subjectsOf(service)) {
      expect(await subscribers(subject, service), subject).toEqual([service])
      expect(await subscribers(subject), `${subject} outside the queue group`).toEqual([])
      expect(await subscribers(subject, 'eavesdroppers'), `${subject} in another queue group`).toEqual([])
    }
  })

  it.each(serviceNames)('of %s can be called by the gateway', async service => {
    for (const subject of subjectsOf(service)) {
      expect(await users.gateway.publish(subject, '_INBOX.gateway.test'), subject).toBe('allowed')
    }
  })

  it('are called by other services as far as they need them', async () => {
    expect(await publishers('slipway.v1.gateway.identity.keys')).toEqual(serviceNames)
    expect(await publishers('slipway.v1.registry.task-service.get')).toEqual(['coordinator', 'gateway', 'integration'])
    expect(await publishers('slipway.v1.registry.task-service.delete')).toEqual(['coordinator', 'gateway'])
    expect(await publishers('slipway.v1.coordinator.release.publish')).toEqual(['gateway', 'integration'])
    expect(await publishers('slipway.v1.coordinator.dead-letter.replay')).toEqual(['gateway', 'operator'])
    expect(await publishers('slipway.v1.catalog.release-package.list')).toEqual(['coordinator', 'gateway'])
    expect(await publishers('slipway.v1.catalog.download.authorize')).toEqual(['gateway'])
    expect(await publishers('slipway.v1.catalog.download.record')).toEqual(['gateway'])
    expect(await publishers('slipway.v1.catalog.outbox.republish')).toEqual(['coordinator', 'gateway', 'operator'])
  })

  it('that have a consumer catch up are called by whose things it shows, and tell it what was written', async () => {
    expect(await publishers('slipway.v1.coordinator.consumer.catch-up')).toEqual(['registry', 'gateway'])
    for (const service of ['registry', 'catalog', 'exporter', 'gateway']) {
      expect(await publishers(`slipway.v1.${service}.consumer.catch-up`), service).toEqual(['gateway'])
    }
    expect(await publishers('slipway.v1.registry.outbox.recorded')).toEqual(['coordinator', 'gateway'])
    expect(await publishers('slipway.v1.gateway.outbox.recorded')).toEqual(['catalog', 'gateway'])
  })

  it('that tell the keys of new accounts are called by the service that mails them', async () => {
    expect(await publishers('slipway.v1.gateway.identity.activation')).toEqual(['catalog', 'gateway'])
  })

  it('cannot be subscribed to as a whole', async () => {
    for (const subject of ['>', 'slipway.>', 'slipway.v1.*.*.*', '_INBOX.>', '$JS.>', '$SYS.>']) {
      expect(await subscribers(subject), subject).toEqual([])
    }
  })
})

describe('events', () => {
  it('are each published by exactly one service', async () => {
    for (const type of events) {
      const subject = eventSubject(type, 'XX_00000000')
      expect(await publishers(subject), `${subject}: see deploy/nats.conf`).toHaveLength(1)
    }
  })

  it('are published by the service that owns the noun', async () => {
    expect(await publishers('slipway.v1.event.task-service.created.TS_00000000')).toEqual(['registry'])
    expect(await publishers('slipway.v1.event.release.published.RE_00000000')).toEqual(['coordinator'])
    expect(await publishers('slipway.v1.event.schedule.added.1')).toEqual(['catalog'])
    expect(await publishers('slipway.v1.event.release.published')).toEqual([])
  })

  it('are taken by the stream when their owner publishes them', async () => {
    const acknowledged = await jetstream(users.registry.nc).publish('slipway.v1.event.task-service.created.TS_1', '{}')
    expect(acknowledged.stream).toBe(eventStream)
    await expect(
      jetstream(users.registry.nc).publish('slipway.v1.event.release.published.RE_1', '{}', { timeout: 1000 }),
    ).rejects.toThrow(/permissions/i)
  })

  it('can be followed by operators, who are administrators', async () => {
    expect(await subscribers('slipway.v1.event.>')).toEqual(['operator'])
  })

  it.each(events)('$noun.$verb can be followed by integrations if everybody may read it', async type => {
    const readers = isPublic(type.audience) ? ['operator', 'integration'] : ['operator']
    expect(await subscribers(eventFilter(type))).toEqual(readers)
    expect(await subscribers(`slipway.v1.event.${type.noun}.>`)).toEqual(readers)
    const consumer = `$JS.API.CONSUMER.CREATE.SLIPWAY.integration.${eventFilter(type)}`
    expect(await publishers(consumer)).toEqual(isPublic(type.audience) ? ['integration'] : [])
  })

  it('of all nouns cannot be followed by an integration under the filter of some', async () => {
    const manager = await jetstreamManager(users.integration.nc, { checkAPI: false, timeout: 1000 })
    const add = (filter: string) =>
      manager.consumers.add(eventStream, { durable_name: 'integration', filter_subject: filter })
    await expect(add('slipway.v1.event.>')).rejects.toThrow(/permissions/i)
    await expect(add('slipway.v1.event.*.created.*')).rejects.toThrow(/permissions/i)
    const config = { name: 'integration', durable_name: 'integration', filter_subject: 'slipway.v1.event.>' }
    const under = '$JS.API.CONSUMER.CREATE.SLIPWAY.integration.slipway.v1.event.release.>'
    const request = { stream_name: eventStream, config: { ...config, ack_policy: 'explicit', deliver_policy: 'all' } }
    const answer = await users.integration.nc.request(under, JSON.stringify(request))
    expect(answer.json()).toMatchObject({ error: { description: expect.stringContaining('did not match') } })
  })
})

describe('durable consumers', () => {
  it('are permitted for each that a service declares', () => {
    for (const durable of declaredDurables()) {
      const permitted = permittedDurables.some(name => name === durable || name.replace(/-\d+$/, '') === durable)
      expect(permitted, `"$JS.API.CONSUMER.CREATE.SLIPWAY.${durable}.>" is missing in deploy/nats.conf`).toBe(true)
    }
  })

  it.each(permittedDurables)('%s can be made, read and acknowledged by its own user only', async durable => {
    const owner = durable.split('-')[0] as NatsUser
    expect(natsUsers).toContain(owner)
    await jetstream(users.registry.nc).publish('slipway.v1.event.task-service.created.TS_1', '{}')

    const manager = await jetstreamManager(users[owner].nc, { checkAPI: false })
    const filter = 'slipway.v1.event.task-service.>'
    await manager.consumers.add(eventStream, {
      durable_name: durable,
      filter_subject: filter,
      ack_policy: AckPolicy.Explicit,
    })
    await manager.consumers.update(eventStream, durable, { max_ack_pending: 7 })
    const consumer = await jetstream(users[owner].nc).consumers.get(eventStream, durable)
    const message = await consumer.next({ expires: 5000 })
    expect(message?.subject).toMatch(/^slipway\.v1\.event\.task-service\./)
    expect(await message?.ackAck()).toBe(true)

    for (const subject of [
      `$JS.API.CONSUMER.CREATE.SLIPWAY.${durable}.${filter}`,
      `$JS.API.CONSUMER.MSG.NEXT.SLIPWAY.${durable}`,
      `$JS.ACK.SLIPWAY.${durable}.1.1.1.1.1`,
    ]) {
      expect(await publishers(subject), subject).toEqual([owner])
    }
    const mayDelete = removable.includes(durable) ? [owner] : []
    expect(await publishers(`$JS.API.CONSUMER.DELETE.SLIPWAY.${durable}`)).toEqual(mayDelete)
  })

  it('cannot be made under any other name', async () => {
    for (const name of ['coordinator', 'coordinator-other', 'other']) {
      expect(await publishers(`$JS.API.CONSUMER.CREATE.SLIPWAY.${name}.slipway.v1.event.>`), name).toEqual([])
      expect(await publishers(`$JS.API.CONSUMER.DURABLE.CREATE.SLIPWAY.${name}`), name).toEqual([])
    }
    expect(await publishers('$JS.API.CONSUMER.CREATE.SLIPWAY')).toEqual([])
  })
})

describe('the stream', () => {
  it('is made and seen by every service', async () => {
    for (const service of serviceNames) {
      const manager = await jetstreamManager(users[service].nc, { checkAPI: false })
      const { config } = await manager.streams.add({ name: eventStream, subjects: [eventSubjects] })
      expect((await manager.streams.info(eventStream)).config.subjects).toEqual(config.subjects)
    }
  })

  it.each([
    'STREAM.DELETE.SLIPWAY',
    'STREAM.UPDATE.SLIPWAY',
    'STREAM.PURGE.SLIPWAY',
    'STREAM.MSG.DELETE.SLIPWAY',
    'STREAM.CREATE.OTHER',
    'STREAM.SNAPSHOT.SLIPWAY',
    'STREAM.RESTORE.SLIPWAY',
  ])('cannot be harmed by anybody: %s', async call => {
    expect(await publishers(`$JS.API.${call}`)).toEqual([])
  })

  it('survives an attempt to delete it', async () => {
    const manager = await jetstreamManager(users.gateway.nc, { checkAPI: false, timeout: 1000 })
    await expect(manager.streams.delete(eventStream)).rejects.toThrow(/permissions/i)
    expect((await manager.streams.info(eventStream)).config.name).toBe(eventStream)
  })
})

describe('inboxes', () => {
  it.each(natsUsers)('of %s are heard by nobody else', async user => {
    expect(await subscribers(`_INBOX.${user}.>`)).toEqual([user])
    expect(await subscribers(`_INBOX.${user}.abc.1`)).toEqual([user])
  })

  it('are answered by services, and by integrations only when they were asked', async () => {
    expect(await publishers('_INBOX.gateway.abc.1')).toEqual(serviceNames)
    const { nc } = users.integration
    nc.subscribe('task-service.integration.status', {
      callback: (_error, message) => void message.respond('{"ok":true}'),
    })
    await nc.flush()
    const answer = await users.registry.nc.request('task-service.integration.status', '', { timeout: 5000 })
    expect(answer.json()).toEqual({ ok: true })
  })
})

describe('participants of releases on the bus', () => {
  it('are reached below task-service, and listened to by their own program only', async () => {
    expect(await publishers('task-service.integration.tasks')).toEqual(['registry', 'coordinator'])
    expect(await subscribers('task-service.integration.tasks')).toEqual(['integration'])
    expect(await subscribers('task-service.other.tasks')).toEqual([])
  })

  it.each(['catalog', 'exporter'] as const)('of the platform, %s, answer in their queue group only', async service => {
    for (const subject of [`slipway-tasks.${service}.status`, `slipway-tasks.${service}.tasks`]) {
      expect(await publishers(subject), subject).toEqual(['registry', 'coordinator'])
      expect(await subscribers(subject, service), subject).toEqual([service])
      expect(await subscribers(subject), subject).toEqual([])
    }
  })

  it('of the platform have an identity of their own, as all services, and files that nobody else reads', async () => {
    expect(await publishers('slipway.v1.gateway.identity.service')).toEqual(serviceNames)
    const readers = await publishers('slipway.v1.exporter.release-file.read')
    expect(readers).toEqual(['coordinator', 'catalog', 'gateway'])
  })
})

describe('discovery', () => {
  it.each([...serviceNames, 'integration'] as const)('of %s is answered by itself only', async service => {
    for (const verb of ['PING', 'INFO', 'STATS']) {
      expect(await subscribers(`$SRV.${verb}.${service}`)).toEqual([service])
      expect(await subscribers(`$SRV.${verb}.${service}.abc`)).toEqual([service])
      expect(await subscribers(`$SRV.${verb}`)).toEqual([...serviceNames, 'integration'])
    }
  })

  it('is asked by operators', async () => {
    expect(await publishers('$SRV.PING')).toEqual(['operator'])
    expect(await publishers('$SRV.STATS.registry')).toEqual(['operator'])
  })
})

describe('broadcasts of the gateway', () => {
  it('of revocations reach every service', async () => {
    expect(await publishers('slipway.v1.gateway.identity.revoked')).toEqual(['gateway'])
    expect(await subscribers('slipway.v1.gateway.identity.revoked')).toEqual(serviceNames)
    expect(await publishers('slipway.v1.gateway.identity.revocations')).toEqual(serviceNames)
    expect(await publishers('slipway.v1.gateway.identity.check')).toEqual(['exporter', 'gateway'])
    expect(await publishers('slipway.v1.gateway.identity.login')).toEqual(['exporter', 'gateway'])
  })

  it('of its stream reach its replicas only', async () => {
    expect(await publishers('slipway.v1.gateway.stream.release')).toEqual(['gateway'])
    expect(await subscribers('slipway.v1.gateway.stream.release')).toEqual(['gateway'])
  })
})
