import { type EventDataOf, type EventEnvelope, releaseEvents, taskEvents } from '@slipway/contracts'
import type { EventConsumer } from '@slipway/service'
import { type Queryable, setTimer } from '@slipway/store'
import type { Transaction } from '../notification/notification.store.ts'
import { announceVersions } from './change-versions.ts'
import { lockTasksOfRelease } from './release-task.store.ts'
import { releaseTaskTimer, withdraw } from './release-task.ts'

type ReleaseData = EventDataOf<typeof releaseEvents.published>
type TaskData = EventDataOf<typeof taskEvents.staged>

const filter = ({ noun, verb }: { readonly noun: string; readonly verb: string }) =>
  `slipway.v1.event.${noun}.${verb}.*`

/**
 * Follows releases to their end. What is canceled or failed is taken back here, too: a cancel may have found nobody, or
 * have come to a task that counted as published already.
 */
export function releaseConsumer(kick: () => void): EventConsumer<unknown> {
  const { published, canceled, failed } = releaseEvents
  return {
    durable: 'catalog-releases',
    filters: [published, canceled, failed, taskEvents.staged].map(filter),
    async handle(event: EventEnvelope, tx: Transaction) {
      if (event.type === taskEvents.staged.type) return wakeWaiting(tx, (event.data as TaskData).release_id)
      const { release_id: id, name, version } = event.data as ReleaseData
      const rows = await lockTasksOfRelease(tx, id)
      if (rows.length === 0) return
      if (event.type === published.type) return announceVersions(tx, { id, name, version })
      for (const row of rows) await withdraw(tx, row)
    },
    afterCommit: kick,
  }
}

async function wakeWaiting(tx: Queryable, release: string): Promise<void> {
  for (const { task, state } of await lockTasksOfRelease(tx, release)) {
    if (state === 'running') await setTimer(tx, { name: releaseTaskTimer, key: task })
  }
}
