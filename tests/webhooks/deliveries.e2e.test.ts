import {
  accountEvents,
  type EventEnvelope,
  releaseEvents,
  studyEvents,
  taskEvents,
  taskServiceEvents,
} from '@slipway/contracts'
import { eventually } from '@slipway/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { verified, webhookActions } from './support/webhook-actions.ts'
import { startWebhookPlatform, tokens, type WebhookPlatform } from './support/webhook-platform.ts'

let on: WebhookPlatform
beforeAll(async () => {
  on = await startWebhookPlatform({ replicas: { gateway: 2 } })
})
afterAll(() => on?.[Symbol.asyncDispose]())

const { change, create, deliveries, makeDue, received, running } = webhookActions(() => on)

describe('a delivery', () => {
  it('is a message of Standard Webhooks about an event', async () => {
    const { id, secret } = await create('/signed', { types: ['release.staged'] })
    const event = await on.publish(releaseEvents.staged, 'RE_S', { release_id: 'RE_S', name: 'ünïcode "quoted"\n' })
    const message = await received('/signed')
    expect(message.headers).toMatchObject({
      'webhook-id': event.id,
      'webhook-timestamp': expect.stringMatching(/^\d{10}$/),
      'webhook-signature': expect.stringMatching(/^v1,[A-Za-z0-9+/]{43}=$/),
      'content-type': 'application/json',
    })
    expect(verified(secret, message)).toEqual({
      type: 'release.staged',
      timestamp: event.time,
      data: event.data,
      subject: 'RE_S',
      sequence: event.sequence,
      actor: 'test',
    })
    expect(() => verified(secret, { ...message, body: `${message.body} ` })).toThrow('No matching signature')
    const [delivery] = await eventually(async () => {
      const found = await deliveries(id, '?state=delivered')
      return found.length === 1 && found
    })
    expect(delivery).toMatchObject({
      messageId: event.id,
      type: 'release.staged',
      attempts: 1,
      lastStatus: 204,
      nextAttemptAt: null,
    })
    expect((await on.api('GET', `/webhooks/${id}/deliveries/${delivery.id}`)).body).toMatchObject({
      payload: JSON.parse(message.body),
      attemptLog: [{ number: 1, status: 204, error: null }],
    })
    // Sent again by hand, it has the id by which its receiver knows it.
    expect((await on.api('POST', `/webhooks/${id}/deliveries/${delivery.id}/resend`)).body.state).toBe('pending')
    await eventually(() => expect(on.receiver.received('/signed').map(again => again.id)).toEqual([event.id, event.id]))
  })

  it('is signed with every good secret while they change', async () => {
    const own = `whsec_${Buffer.alloc(64, 7).toString('base64')}`
    const { id, secret: first } = await create('/rotated', { types: ['webhook'], secret: own })
    expect(first).toBe(own)
    const rotate = (body?: object) => on.api('POST', `/webhooks/${id}/rotate-secret`, body)
    const test = async (number: number) => {
      expect((await on.api('POST', `/webhooks/${id}/test`)).status).toBe(202)
      return eventually(
        () =>
          on.receiver.received('/rotated').filter(({ body }) => JSON.parse(body).type === 'webhook.test')[number] ??
          false,
      )
    }
    const { secret: second, secrets } = (await rotate()).body
    expect(secrets).toMatchObject([{ expiresAt: null }, { expiresAt: expect.any(String) }])
    const both = await test(0)
    expect(verified(first, both)).toMatchObject({ type: 'webhook.test', data: { webhook_id: id } })
    expect(verified(second, both)).toBeDefined()
    const { secret: third } = (await rotate({ previousExpireAfter: 0 })).body
    const last = await test(1)
    expect(verified(third, last)).toBeDefined()
    for (const old of [first, second]) expect(() => verified(old, last)).toThrow('No matching signature')
    expect((await rotate({ secret: third })).status).toBe(409)
  })

  it('goes to those who want it, by type, release and study', async () => {
    const wanted = {
      all: {},
      releases: { types: ['release.*'] },
      staged: { types: ['task.staged', 'release.staged'] },
      release: { releases: ['RE_F1'] },
      study: { studies: ['SD_F'] },
      either: { studies: ['SD_F'], releases: ['RE_F2'], types: ['task'] },
    }
    for (const [name, fields] of Object.entries(wanted)) await create(`/filter/${name}`, fields)
    const sent = {
      release1: await on.publish(releaseEvents.staged, 'RE_F1', { release_id: 'RE_F1', studies: ['SD_F', 'SD_G'] }),
      release2: await on.publish(releaseEvents.running, 'RE_F2', { release_id: 'RE_F2', studies: ['SD_G'] }),
      task1: await on.publish(taskEvents.staged, 'TA_F1', { task_id: 'TA_F1', release_id: 'RE_F1' }),
      task2: await on.publish(taskEvents.running, 'TA_F2', { task_id: 'TA_F2', release_id: 'RE_F2' }),
      study: await on.publish(studyEvents.updated, 'SD_F', { study_id: 'SD_F' }),
      service: await on.publish(taskServiceEvents.wentDown, 'TS_F', {}),
    }
    const expected = {
      all: ['release1', 'release2', 'task1', 'task2', 'study', 'service'],
      releases: ['release1', 'release2'],
      staged: ['release1', 'task1'],
      release: ['release1', 'task1'],
      study: ['release1', 'task1', 'study'],
      either: ['task1', 'task2'],
    } as const
    const ids = new Set(Object.values(sent).map(({ id }) => id))
    for (const [name, names] of Object.entries(expected)) {
      const wantedIds = names.map(each => sent[each].id).sort()
      await eventually(() => {
        const got = on.receiver.received(`/filter/${name}`).map(({ id }) => id)
        expect([name, got.filter(id => ids.has(id)).sort()]).toEqual([name, wantedIds])
      })
    }
  })

  it('about people goes to administrators only', async () => {
    await create('/people/developer', { types: ['account', 'release'] })
    const url = on.receiver.url('/people/administrator')
    expect((await on.api('POST', '/webhooks', { url, types: ['account'] }, tokens.admin)).status).toBe(201)
    const about = await on.publish(accountEvents.updated, 'ada', { login: 'ada' })
    expect((await received('/people/administrator')).id).toBe(about.id)
    const after = await running('RE_PEOPLE')
    await received('/people/developer')
    expect(on.receiver.received('/people/developer').map(({ id }) => id)).toEqual([after.id])
  })

  it('is tried again after failures, until it is given up, and can be sent again', async () => {
    on.receiver.answer('/failing', number =>
      number === 2
        ? { status: 302, headers: { location: '/elsewhere' } }
        : { status: 500, body: `no ${'x'.repeat(9000)}` },
    )
    const { id } = await create('/failing', { releases: ['RE_R'] })
    await running('RE_R')
    const first = await eventually(async () => {
      const [delivery] = await deliveries(id)
      return delivery?.attempts > 0 && delivery
    })
    expect(first).toMatchObject({ state: 'pending', nextAttemptAt: expect.any(String) })
    // The first retry comes by itself, after the five seconds of the schedule.
    await eventually(() => on.receiver.received('/failing').length === 2)
    for (let attempts = 2; attempts < 10; attempts += 1) {
      await eventually(async () => expect((await deliveries(id))[0]).toMatchObject({ attempts, state: 'pending' }))
      await makeDue(id)
    }
    const given = await eventually(async () => (await deliveries(id, '?state=failed'))[0] ?? false)
    expect(given).toMatchObject({
      attempts: 10,
      nextAttemptAt: null,
      settledAt: expect.any(String),
      lastStatus: 500,
      lastError: 'answered 500',
    })
    const { attemptLog } = (await on.api('GET', `/webhooks/${id}/deliveries/${given.id}`)).body
    expect(attemptLog).toHaveLength(10)
    expect(Date.parse(attemptLog[8].startedAt) - Date.parse(attemptLog[9].startedAt)).toBeGreaterThan(3_000)
    expect(attemptLog[9]).toMatchObject({ number: 1, status: 500, error: 'answered 500' })
    expect(attemptLog[8]).toMatchObject({ number: 2, status: 302, error: expect.stringContaining('redirects') })
    expect(attemptLog[9].response).toHaveLength(1024)
    expect(on.receiver.received('/elsewhere')).toEqual([])

    on.receiver.answer('/failing', () => ({ status: 200 }))
    const since = new Date(Date.now() - 3_600_000).toISOString()
    const again = await on.api('POST', `/webhooks/${id}/resend-failed`, { since })
    expect(again).toEqual({ status: 202, body: { resent: 1 } })
    await eventually(async () => expect((await deliveries(id))[0]).toMatchObject({ state: 'delivered', attempts: 11 }))
    expect((await on.api('GET', `/webhooks/${id}`)).body.failingSince).toBeNull()
  })

  it('waits as long as the receiver asks it to, and so does everything else for it', async () => {
    on.receiver.answer('/busy', number =>
      number === 1 ? { status: 429, headers: { 'retry-after': '900' } } : { status: 204 },
    )
    const { id } = await create('/busy', { releases: ['RE_B'] })
    const before = Date.now()
    await running('RE_B')
    const [first] = await eventually(async () => {
      const found = await deliveries(id)
      return found[0]?.attempts === 1 && found
    })
    const nextAttemptAt = Date.parse(first.nextAttemptAt)
    expect(nextAttemptAt - before).toBeGreaterThanOrEqual(900_000)
    expect(nextAttemptAt - Date.now()).toBeLessThanOrEqual(900_000)
    const second = await running('RE_B')
    await eventually(async () =>
      expect(await deliveries(id)).toMatchObject([{ messageId: second.id, attempts: 0 }, {}]),
    )
    const { pausedUntil } = (await on.api('GET', `/webhooks/${id}`)).body
    expect(Date.parse(pausedUntil) - before).toBeGreaterThanOrEqual(900_000)
    await change('resume', 'update webhook set paused_until = now() where id = $1', [id])
    await eventually(async () => expect((await deliveries(id))[0].state).toBe('delivered'))
    expect((await deliveries(id))[1].state).toBe('pending')
  })

  it('that is refused late by an earlier address goes to the one that the webhook has by then, which stays', async () => {
    const { promise: after, resolve: answer } = Promise.withResolvers<void>()
    on.receiver.answer('/moved-from', () => ({ status: 410, after }))
    const { id } = await create('/moved-from', { types: ['release.failed'] })
    const sent = await on.api('POST', `/webhooks/${id}/test`)
    expect(sent).toMatchObject({ status: 202, body: { state: 'pending', attempts: 0, lastStatus: null } })
    await received('/moved-from')
    const moved = await on.api('PATCH', `/webhooks/${id}`, { url: on.receiver.url('/moved-to') })
    expect(moved.status).toBe(200)
    answer()
    expect((await received('/moved-to')).id).toBe(sent.body.messageId)
    await eventually(async () => expect(await deliveries(id)).toMatchObject([{ state: 'delivered', attempts: 2 }]))
    expect((await on.api('GET', `/webhooks/${id}`)).body).toMatchObject({ enabled: true, failingSince: null })
  })

  it('is never sent to an address that is not allowed, whatever the name says', async () => {
    const { id } = await create('/guarded', { releases: ['RE_G'] })
    await change('url', `update webhook set url = 'http://[::ffff:169.254.169.254]/' where id = $1`, [id])
    await running('RE_G')
    const failed = await eventually(async () => (await deliveries(id))[0]?.lastError ?? false)
    expect(failed).toMatch(/connections to .*169\.254\.169\.254 are not allowed|not allowed/)
  })
})
describe('many deliveries', () => {
  it('arrive once each with two gateways at work', async () => {
    const { id } = await create('/many', { releases: ['RE_MANY'] })
    const sent = await Promise.all(Array.from({ length: 200 }, () => running('RE_MANY')))
    await eventually(async () => expect(await deliveries(id, '?state=delivered&limit=1000')).toHaveLength(200))
    const ids = on.receiver.received('/many').map(message => message.id)
    expect(ids.sort()).toEqual(sent.map(event => event.id).sort())
    const page = await on.api('GET', `/webhooks/${id}/deliveries?limit=150&type=release.*`)
    const rest = await on.api('GET', `/webhooks/${id}/deliveries?limit=150&after=${page.body.next}`)
    expect([page.body.results.length, rest.body.results.length, rest.body.next]).toEqual([150, 50, null])
    expect(await deliveries(id, `?message=${ids[0]}`)).toHaveLength(1)
    expect(await deliveries(id, '?type=task')).toEqual([])
    expect(await deliveries(id, `?until=${new Date(0).toISOString()}`)).toEqual([])
  })

  it('are not lost by gateways that are killed; what was under way may come twice, under its id', async () => {
    on.receiver.answer('/killed', () => ({ status: 204, delayMs: 200 }))
    const { id } = await create('/killed', { releases: ['RE_KILLED'] })
    const gateways = on.platform.processes.filter(({ service }) => service === 'gateway')
    const seen = () => new Set(on.receiver.received('/killed').map(message => message.id))
    const sent: EventEnvelope[] = []
    for (let round = 1; round <= 2; round += 1) {
      const before = gateways.map(({ restarts }) => restarts)
      sent.push(...(await Promise.all(Array.from({ length: 60 }, () => running('RE_KILLED')))))
      // What a gateway had taken from the stream when it was killed comes again after 15 seconds.
      await eventually(() => seen().size > (round - 1) * 70 + 20)
      for (const gateway of gateways) gateway.kill('SIGKILL')
      sent.push(...(await Promise.all(Array.from({ length: 10 }, () => running('RE_KILLED')))))
      // As if the leases of the dead had run out.
      await makeDue(id)
      await eventually(() => gateways.every((gateway, index) => gateway.restarts > (before[index] ?? 0)))
    }
    await eventually(async () => expect(await deliveries(id, '?state=delivered&limit=1000')).toHaveLength(140))
    expect([...seen()].sort()).toEqual(sent.map(event => event.id).sort())
    // Sixteen at most were under way at each time.
    expect(on.receiver.received('/killed').length).toBeLessThanOrEqual(140 + 2 * gateways.length * 16)
  }, 240_000)
})
