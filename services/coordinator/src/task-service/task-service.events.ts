import { type EventEnvelope, taskServiceEvents, taskServiceSchema } from '@slipway/contracts'
import type { EventConsumer } from '@slipway/service'
import type { Store } from '@slipway/store'
import { removeOrphanedTasks } from '../check/deadlines.store.ts'
import { systemActor } from '../command/settle.ts'
import type { Database } from '../database.ts'
import type { ReleaseChanges } from '../release/release-changes.ts'
import { blankEventsOf, liveTasksOf, noteTaskService } from './known-task-services.store.ts'

export type TaskServiceEventsOptions = {
  readonly store: Store<Database>
  readonly changes: ReleaseChanges
}

/** Follows the registry: keeps names and URLs current, and fails what waits for a service that was deleted. */
export function taskServiceConsumer({ store, changes }: TaskServiceEventsOptions): EventConsumer<Database> {
  async function failTasksOf(service: string): Promise<void> {
    for (const { kf_id: task, release } of await liveTasksOf(store.read, service)) {
      await changes.submit(release, {
        commands: [{ type: 'lose-task', task, fault: { reason: `task service ${service} was deleted` } }],
        actor: systemActor,
      })
    }
  }

  return {
    durable: 'coordinator-task-services',
    filters: ['slipway.v1.event.task-service.>'],
    async handle(event: EventEnvelope, tx) {
      const service = taskServiceSchema.parse(event.data)
      const deleted = event.type === taskServiceEvents.deleted.type
      // Its releases are changed in transactions of their own: doing it again after a crash changes nothing more.
      if (deleted) await failTasksOf(service.kf_id)
      await noteTaskService(tx, service, deleted, event.sequence)
      if (deleted) {
        await removeOrphanedTasks(tx, service.kf_id)
        await blankEventsOf(tx, service.kf_id)
      }
    },
  }
}
