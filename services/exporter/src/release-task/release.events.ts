import { type EventDataOf, type EventEnvelope, releaseEvents } from '@slipway/contracts'
import type { EventConsumer } from '@slipway/service'
import type { Tx } from '@slipway/store'
import { withdrawTasks } from './release-task.store.ts'

/**
 * Follows releases that come to nothing. The coordinator cancels only tasks that have not ended: one that counted as
 * published already, when another participant failed, hears of it here.
 */
export function releaseConsumer(kick: () => void): EventConsumer<unknown> {
  const { canceled, failed } = releaseEvents
  return {
    durable: 'exporter-releases',
    filters: [canceled, failed].map(({ noun, verb }) => `slipway.v1.event.${noun}.${verb}.*`),
    async handle({ data }: EventEnvelope, tx: Tx) {
      await withdrawTasks(tx, (data as EventDataOf<typeof canceled>).release_id)
    },
    afterCommit: kick,
  }
}
