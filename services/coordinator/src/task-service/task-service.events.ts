import { type EventEnvelope, taskServiceEvents, taskServiceSchema } from '@slipway/contracts'
import type { EventConsumer } from '@slipway/service'
import type { Store, Tx } from '@slipway/store'
import { removeOrphanedTasks } from '../check/deadlines.store.ts'
import { systemActor } from '../command/settle.ts'
import type { Database } from '../database.ts'
import type { ReleaseChanges } from '../release/release-changes.ts'
import { blankEventsOf, liveTasksOf, markDeleted, noteTaskService } from './known-task-services.store.ts'

export type TaskServiceEventsOptions = {
  readonly store: Store<Database>
  readonly changes: ReleaseChanges
}

/** Follows the registry: keeps names and URLs current, and fails what waits for a service that was deleted. */
export function taskServiceConsumer(options: TaskServiceEventsOptions): EventConsumer<Database> {
  return {
    durable: 'coordinator-task-services',
    filters: ['slipway.v1.event.task-service.>'],
    async handle(event: EventEnvelope, tx) {
      const service = taskServiceSchema.parse(event.data)
      const deleted = event.type === taskServiceEvents.deleted.type
      // Its releases are changed in transactions of their own: doing it again after a crash changes nothing more.
      if (deleted) await failTasksOf(options, service.kf_id)
      await noteTaskService(tx, service, deleted, event.sequence)
      if (deleted) await removeTracesOf(tx, service.kf_id)
    },
  }
}

async function failTasksOf({ store, changes }: TaskServiceEventsOptions, service: string): Promise<void> {
  for (const { kf_id: task, release } of await liveTasksOf(store.read, service)) {
    await changes.submit(release, {
      commands: [{ type: 'lose-task', task, fault: { reason: `task service ${service} was deleted` } }],
      actor: systemActor,
    })
  }
}

async function removeTracesOf(tx: Tx<Database>, service: string): Promise<void> {
  await removeOrphanedTasks(tx, service)
  await blankEventsOf(tx, service)
}

/** A task service that the registry does not have: as if it had been deleted there. False if it is not known here. */
export async function forgetTaskService(options: TaskServiceEventsOptions, service: string): Promise<boolean> {
  await failTasksOf(options, service)
  return options.store.transaction(async tx => {
    const known = await markDeleted(tx, service)
    if (known) await removeTracesOf(tx, service)
    return known
  })
}
