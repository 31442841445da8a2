import { AckPolicy } from '@nats-io/jetstream'
import { connect, headers } from '@nats-io/transport-node'
import { eventStream } from '@slipway/contracts'
import { eventually } from '@slipway/testing'
import { describe, expect, test } from 'vitest'
import { thingChanged, thingEvent, withManager } from './event-support.ts'
import { caught, json } from './support.ts'
import { client, nats, service, useTwoBuses } from './two-buses.ts'

useTwoBuses('max_payload: 262144')

test('events that a consumer pushes to a subject are no calls, and no messages to replicas', async () => {
  await service.ensureStream()
  const taken: string[] = []
  await service.serveRaw('tasks.pushed', 'registry', async () => {
    taken.push('call')
    return {}
  })
  const told = service.listen('slipway.v1.gateway.identity.revoked', () => void taken.push('message'))
  await withManager(nats, async manager => {
    for (const [index, deliver_subject] of ['tasks.pushed', 'slipway.v1.gateway.identity.revoked'].entries()) {
      const name = `push-${index}`
      await manager.consumers.add(eventStream, {
        name,
        durable_name: name,
        deliver_subject,
        ack_policy: AckPolicy.None,
      })
    }
  })
  await service.publishEvent(thingChanged, thingEvent(1))
  await client.requestRaw('tasks.pushed', Buffer.from('{}'))
  await withManager(nats, manager =>
    eventually(async () => expect((await manager.consumers.info(eventStream, 'push-1')).delivered.stream_seq).toBe(1)),
  )
  client.broadcast('slipway.v1.gateway.identity.revoked', '{}')
  await eventually(() => taken.includes('message'))
  expect(taken).toEqual(['call', 'message'])
  told.unsubscribe()
})

describe('raw subjects', () => {
  test('are served and called without a contract', async () => {
    await service.serveRaw('tasks.reindex', 'registry', async (body, { commandId }) => ({
      status: 202,
      headers: { 'x-command': String(commandId) },
      body: { echoed: Buffer.from(body).toString() },
    }))
    const reply = await client.requestRaw('tasks.reindex', Buffer.from('hello'), { commandId: 'c1' })
    expect(reply).toMatchObject({ status: 202, headers: { 'x-command': 'c1' } })
    expect(json(reply.body)).toEqual({ echoed: 'hello' })
  })

  test('answer with errors of programs that do not know the catalogue', async () => {
    await using other = await connect({ servers: nats.url })
    const replies = [
      ['404', 'not here', 'not_found', 404],
      ['418', 'a teapot', 'refused', 418],
      ['abc', 'broken', 'bad_upstream', 502],
    ] as const
    for (const [code, text, expected, status] of replies) {
      const subject = `foreign.${code}`
      other.subscribe(subject, {
        callback(_error, message) {
          const head = headers()
          head.set('Nats-Service-Error', text)
          head.set('Nats-Service-Error-Code', code)
          message.respond('plain text', { headers: head })
        },
      })
      await other.flush()
      expect(await caught(client.requestRaw(subject, Buffer.alloc(0)))).toMatchObject({
        code: expected,
        status,
        message: text,
      })
    }
  })

  test.for([
    '$JS.API.STREAM.DELETE.SLIPWAY',
    '_INBOX.registry.x',
    'slipway.v1.event.release.started.RE_1',
    'a b',
    'a.*',
    '>',
    '',
    'a..b',
  ])('%s may not be called', async subject => {
    expect((await caught(client.requestRaw(subject, Buffer.alloc(0)))).code).toBe('refused')
  })
})

test('broadcasts reach everybody who listens', async () => {
  const heard: string[] = []
  const subscription = service.listen('slipway.notice.>', (body, subject) => heard.push(`${subject} ${body}`))
  client.listen('slipway.notice.*', body => heard.push(body))
  await service.serveRaw('flush.one', 'q', async () => ({}))
  await client.requestRaw('flush.one', Buffer.alloc(0))
  client.broadcast('slipway.notice.a', 'ö')
  await eventually(() => expect(heard.toSorted()).toEqual(['slipway.notice.a ö', 'ö']))
  subscription.unsubscribe()
  client.broadcast('slipway.notice.a', 'again')
  await eventually(() => expect(heard).toContain('again'))
  expect(heard).toHaveLength(3)
})
