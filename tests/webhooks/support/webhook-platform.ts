import { randomUUID } from 'node:crypto'
import { type Bus, connectBus } from '@slipway/bus'
import type { EventEnvelope, EventType } from '@slipway/contracts'
import type { Platform, PlatformOptions } from '@slipway/local'
import { openStore, type Store } from '@slipway/store'
import { captureLog, httpExchange } from '@slipway/testing'
import { testerUrl } from '../../support/nats-tester.ts'
import { startTestPlatform } from '../../support/start-test-platform.ts'
import { type WebhookReceiver, webhookReceiver } from './webhook-receiver.ts'

export const tokens = { admin: 'administrator-token', dev: 'developer-token', other: 'other-token', user: 'user-token' }

export type Answer<Body> = { readonly status: number; readonly body: Body }

/** A platform with people, a receiver, and ways to say that things happened or that time has passed. */
export type WebhookPlatform = AsyncDisposable & {
  readonly platform: Platform
  readonly receiver: WebhookReceiver
  /** The gateway's own database. */
  readonly store: Store
  // biome-ignore lint/suspicious/noExplicitAny: the bodies of an API under test
  api<Body = any>(method: string, path: string, body?: unknown, token?: string): Promise<Answer<Body>>
  /** Sends an event as a service would. */
  publish(type: EventType, subject: string, data: object): Promise<EventEnvelope>
}

export async function startWebhookPlatform(options: PlatformOptions = {}): Promise<WebhookPlatform> {
  const { log } = captureLog()
  const platform = await startTestPlatform({
    adminToken: tokens.admin,
    accounts: [
      { login: 'dev', token: tokens.dev, roles: ['DEV'] },
      { login: 'other', token: tokens.other, roles: ['DEV'] },
      { login: 'user', token: tokens.user, roles: ['USER'] },
    ],
    ...options,
  })
  const receiver = await webhookReceiver()
  const store = await openStore({ url: platform.databaseUrl('gateway'), log, name: 'test' })
  const bus: Bus = await connectBus({ servers: testerUrl(platform), name: 'coordinator', version: '1.0.0', log })
  let sequence = 0
  return {
    platform,
    receiver,
    store,
    async api(method, path, body, token = tokens.dev) {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
      const sent = body === undefined ? undefined : JSON.stringify(body)
      const answer = await httpExchange(platform.url, method, path, { headers, body: sent })
      return { status: answer.status, body: answer.body }
    },
    async publish(type, subject, data) {
      sequence += 1
      const event: EventEnvelope = {
        specversion: '1.0',
        id: randomUUID(),
        source: '/slipway/coordinator',
        type: type.type,
        subject,
        time: new Date().toISOString(),
        datacontenttype: 'application/json',
        sequence,
        actor: 'test',
        data,
      }
      await bus.publishEvent(type, event)
      return event
    },
    async [Symbol.asyncDispose]() {
      await bus.close()
      await store.close()
      await platform[Symbol.asyncDispose]()
      await receiver[Symbol.asyncDispose]()
    },
  }
}
