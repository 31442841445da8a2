import { affiliateEvents, type EventEnvelope, type Standing } from '@slipway/contracts'
import type { EventConsumer } from '@slipway/service'
import type { Queryable } from '@slipway/store'
import { z } from 'zod'
import { prepare } from '../sql.ts'
import { hasLogin } from './account.store.ts'
import { deleteLicensee } from './delete-licensee.ts'

const note = prepare<{ login: string; deregistered: boolean; sequence: number }>()('account.note-standing', (db, p) =>
  db
    .with('before', q =>
      q
        .selectFrom('account')
        .select(['id', 'deregistered'])
        .where(eb => hasLogin(eb, p.login))
        .forUpdate(),
    )
    .updateTable('account')
    .from('before')
    .set({ deregistered: p.deregistered, standing_seq: p.sequence })
    .whereRef('account.id', '=', 'before.id')
    .where('account.standing_seq', '<', p.sequence)
    .returning(eb => eb('before.deregistered', '<>', p.deregistered).as('changed')),
)

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
  const [row] = await tx.query(note, { login, deregistered: standing === 'DEREGISTERED', sequence })
  return row?.changed === true
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
