import type { Bus } from '@slipway/bus'
import { accountEvents, type EventDataOf, type EventEnvelope, identityOperations } from '@slipway/contracts'
import type { EventConsumer } from '@slipway/service'
import type { Queryable } from '@slipway/store'
import { mailBaseUrl } from '../mail/base-url.ts'
import { removeProfile } from './account.store.ts'
import { noteAccount } from './note-account.ts'

/** Follows the accounts of the platform. `publicUrl`: what links in mails start with, if that is configured. */
export function accountConsumer(bus: Bus, publicUrl: string | undefined): EventConsumer<unknown> {
  // Events have none, since many read them; the one that a registration was made with is known to nobody by now.
  const newKey = async (login: string) =>
    (await bus.call(identityOperations.activation, { login }, { timeoutMs: 5_000 })).activation_key
  return {
    durable: 'catalog-accounts',
    filters: ['slipway.v1.event.account.>'],
    async handle(event: EventEnvelope, tx: Queryable) {
      if (event.type === accountEvents.deleted.type) {
        const { login, sequence } = event.data as EventDataOf<typeof accountEvents.deleted>
        await removeProfile(tx, login, sequence)
        return
      }
      const account = accountEvents.updated.data.parse(event.data)
      const cause = { identity: null, traceparent: event.traceparent, actor: event.actor }
      const keyOf = async (login: string) => account.activation_key ?? (await newKey(login))
      await noteAccount(tx, account, mailBaseUrl(publicUrl), cause, keyOf)
    },
  }
}
