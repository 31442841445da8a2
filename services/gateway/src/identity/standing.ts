import { affiliateEvents, type EventEnvelope, type Standing } from '@slipway/contracts'
import type { EventConsumer } from '@slipway/service'
import type { Queryable, Statement } from '@slipway/store'
import { z } from 'zod'
import { deleteLicensee } from './delete-licensee.ts'

const note: Statement = {
  name: 'account.note-standing',
  text: `
    with before as (select id, deregistered from account where lower(login) = lower($1) for update)
    update account set deregistered = $2, standing_seq = $3 from before
    where account.id = before.id and account.standing_seq < $3
    returning before.deregistered <> $2 as changed`,
}

/**
 * Notes the standing of the affiliate that a login acts for: who is struck off does not sign in any more, anywhere.
 * `sequence` is that of the affiliate's event: older news change nothing. True if what the account may do changed.
 */
export async function noteStanding(
  tx: Queryable,
  login: string,
  standing: Standing,
  sequence: number,
): Promise<boolean> {
  const [row] = await tx.query<{ changed: boolean }>(note, [login, standing === 'DEREGISTERED', sequence])
  return row?.changed ?? false
}

const dataSchema = z.object({
  login: affiliateEvents.updated.data.shape.login,
  standing: affiliateEvents.updated.data.shape.standing,
})

/** Follows the standing of affiliates, and their end. */
export function standingConsumer(announceChange: () => Promise<void>): EventConsumer<unknown> {
  return {
    durable: 'gateway-affiliates',
    filters: ['slipway.v1.event.affiliate.>'],
    async handle(event: EventEnvelope, tx) {
      const { login, standing } = dataSchema.parse(event.data)
      if (login === null) return
      if (event.type === affiliateEvents.deleted.type) {
        if (await deleteLicensee(tx, login, event.actor, new Date(event.time))) tx.afterCommit(announceChange)
        return
      }
      if (await noteStanding(tx, login, standing, event.sequence)) tx.afterCommit(announceChange)
    },
  }
}
