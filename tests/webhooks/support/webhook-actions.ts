import { releaseEvents } from '@slipway/contracts'
import { eventually } from '@slipway/testing'
import { Webhook } from 'standardwebhooks'
import { expect } from 'vitest'
import type { WebhookPlatform } from './webhook-platform.ts'
import type { ReceivedMessage } from './webhook-receiver.ts'

export type Created = { readonly id: string; readonly secret: string }

/** What a message holds; throws unless the reference library takes it for one signed with the secret. */
export const verified = (secret: string, { body, headers }: ReceivedMessage) =>
  new Webhook(secret).verify(body, headers as Record<string, string>)

/** What the tests do on a platform, again and again. */
export function webhookActions(on: () => WebhookPlatform) {
  /** Changes what the database says, so that tests need not wait for days. */
  const change = (name: string, text: string, values: unknown[]) =>
    on().store.write({ name: `test.${name}`, text }, values)
  return {
    change,
    async create(path: string, fields: object = {}): Promise<Created> {
      const { status, body } = await on().api('POST', '/webhooks', { url: on().receiver.url(path), ...fields })
      expect(status, JSON.stringify(body)).toBe(201)
      return body
    },
    deliveries: async (id: string, query = '') =>
      (await on().api('GET', `/webhooks/${id}/deliveries${query}`)).body.results,
    makeDue: (id: string) =>
      change('due', `update webhook_delivery set due_at = now() where webhook_id = $1 and state = 'pending'`, [id]),
    received: (path: string) => eventually(() => on().receiver.received(path)[0] ?? false),
    running: (release: string) => on().publish(releaseEvents.running, release, { release_id: release, studies: [] }),
  }
}
