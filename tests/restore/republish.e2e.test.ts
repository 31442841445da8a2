import { serviceNames, serviceOperations } from '@slipway/contracts'
import { eventually } from '@slipway/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { withStore } from '../chaos/event-audit.ts'
import { startWebhookPlatform, tokens, type WebhookPlatform } from '../webhooks/support/webhook-platform.ts'
import { callAsAdministrator } from './support/administrator-calls.ts'
import { keptDatabases } from './support/kept-databases.ts'

let on: WebhookPlatform
beforeAll(async () => {
  on = await startWebhookPlatform({ restart: false, replicas: { coordinator: 2 } })
})
afterAll(() => on?.[Symbol.asyncDispose]())

const databases = keptDatabases(() => on.platform)
const admin = (method: string, path: string, body?: object) => on.api(method, path, body, tokens.admin)

async function addStudy(name: string): Promise<string> {
  const { status, body } = await admin('POST', '/v1/studies', { name })
  expect(status, JSON.stringify(body)).toBe(201)
  return body.kf_id
}

/** Studies in the order in which the gateway tells of them. */
const told = async (...ids: string[]): Promise<string[]> => {
  const text = `select aggregate from stream_event where noun = 'study' and aggregate = any($1::text[]) order by position`
  const rows = await withStore(on.platform, 'gateway', store =>
    store.read<{ aggregate: string }>({ name: 'restore-told', text }, [ids]),
  )
  return rows.map(({ aggregate }) => aggregate)
}

/** How many deliveries of this event the gateway has recorded as done: a receiver knows of one before its sender does. */
const delivered = async (aggregate: string): Promise<number> => {
  const text = `select count(*)::int as count from webhook_delivery join webhook_message on webhook_message.id = message_id
    where state = 'delivered' and webhook_message.body::jsonb->>'subject' = $1`
  const [row] = await withStore(on.platform, 'gateway', store =>
    store.read<{ count: number }>({ name: 'restore-delivered', text }, [aggregate]),
  )
  return row?.count ?? 0
}
const hooked = (path: string) => on.receiver.received(path).map(({ body }) => JSON.parse(body).subject as string)

it('fills a stream that was lost before everybody had read it, by itself and once', async () => {
  const webhook = { url: on.receiver.url('/lost'), types: ['study.*'] }
  expect((await admin('POST', '/webhooks', webhook)).status).toBe(201)
  const first = await addStudy('Read by everybody')
  await eventually(() => expect(hooked('/lost')).toEqual([first]))

  await databases.stop('gateway')
  const text = `insert into platform.outbox (noun, verb, aggregate, sequence, actor, data)
    values ('study', 'changed', $1, 1, 'system', json_build_object('kf_id', $1::text, 'name', 'Unread', 'visible', true))`
  const unread = 'SD_UNREAD01'
  await withStore(on.platform, 'coordinator', async store => {
    await store.write({ name: 'restore-unread', text }, [unread])
    const sent = `select count(*)::int as unsent from platform.outbox where sent_at is null`
    await eventually(async () => {
      expect(await store.read({ name: 'restore-unsent', text: sent })).toEqual([{ unsent: 0 }])
    })
  })
  await databases.loseStream()
  await databases.start('gateway')

  await eventually(() => expect(hooked('/lost')).toContain(unread))
  const last = await addStudy('After that')
  await eventually(() => expect(hooked('/lost')).toEqual([first, unread, last]))
  expect(await told(first, unread, last)).toEqual([first, unread, last])
})

it('has the gateway learn again what its restored database has forgotten, though the broker keeps its files', async () => {
  const webhook = { url: on.receiver.url('/restored'), types: ['study.*'] }
  expect((await admin('POST', '/webhooks', webhook)).status).toBe(201)
  const kept = await addStudy('Kept')
  await eventually(async () => expect(await told(kept)).toEqual([kept]))
  // The webhook of the test before hears of it as well.
  await eventually(async () => expect(await delivered(kept)).toBe(2))
  await databases.keep('gateway')
  const forgotten = [await addStudy('Forgotten'), await addStudy('Forgotten, too')]
  // Events of two studies may arrive in any order.
  await eventually(() => expect(hooked('/restored').toSorted()).toEqual([kept, ...forgotten].toSorted()))
  const ids = on.receiver.received('/restored').map(({ id }) => id)

  await databases.putBack('gateway')
  expect(await told(kept, ...forgotten)).toEqual([kept])
  for (const service of serviceNames) {
    await callAsAdministrator(on.platform, serviceOperations(service).republish, {})
  }
  await eventually(async () =>
    expect((await told(kept, ...forgotten)).toSorted()).toEqual([kept, ...forgotten].toSorted()),
  )
  // The deliveries were forgotten as well; they have the ids by which a receiver knows them.
  await eventually(() =>
    expect(
      on.receiver
        .received('/restored')
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual([...ids, ...ids.slice(1)].toSorted()),
  )
})
