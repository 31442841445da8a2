import { accountEvents, type EventDataOf, type EventEnvelope } from '@slipway/contracts'
import type { EventConsumer } from '@slipway/service'
import type { AnyTx } from '@slipway/store'
import { mailBaseUrl } from '../mail/base-url.ts'
import { removeProfile } from './account.store.ts'
import { noteAccount } from './note-account.ts'

/** Follows the accounts of the platform. `publicUrl`: what links in mails start with, if that is configured. */
export function accountConsumer(publicUrl: string | undefined): EventConsumer<unknown> {
  return {
    durable: 'catalog-accounts',
    filters: ['slipway.v1.event.account.>'],
    async handle(event: EventEnvelope, tx: AnyTx) {
      if (event.type === accountEvents.deleted.type) {
        const { login, sequence } = event.data as EventDataOf<typeof accountEvents.deleted>
        await removeProfile(tx, login, sequence)
        return
      }
      const account = accountEvents.updated.data.parse(event.data)
      await noteAccount(tx, account, mailBaseUrl(publicUrl), { identity: null, traceparent: event.traceparent })
    },
  }
}
