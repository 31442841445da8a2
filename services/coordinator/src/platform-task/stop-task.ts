import type { Bus, CallContext } from '@slipway/bus'
import { actorOf, bulkImportOperations, type Identity, isFailure } from '@slipway/contracts'
import type { Store } from '@slipway/store'
import type { Database } from '../database.ts'
import { endJob, requestJobStop } from '../job/job.store.ts'
import { killed } from '../job/job.ts'
import type { ReleaseCommand } from '../release/decide.ts'
import type { ReleaseChanges } from '../release/release-changes.ts'
import { releaseOfTask } from '../task/task.store.ts'

export type StopTaskOptions = {
  readonly store: Store<Database>
  readonly bus: Bus
  readonly changes: ReleaseChanges
  /** A release is being canceled: its task services are to be told. */
  readonly kick: () => void
}

export type StopTask = (task: { id: string; kind: string }, identity: Identity, context: CallContext) => Promise<void>

/**
 * Makes the function that asks a task to end. It returns at once: what is under way ends when it can, and a kind of task
 * that cannot be stopped goes on.
 */
export function createStopTask({ store, bus, changes, kick }: StopTaskOptions): StopTask {
  return async ({ id, kind }, identity, context) => {
    const actor = actorOf(identity)
    const { traceparent } = context
    const submit = (release: string, command: ReleaseCommand) =>
      changes.submit(release, { commands: [command], actor, traceparent })

    switch (kind) {
      case 'release':
        await submit(id, { type: 'cancel', reason: 'request' })
        kick()
        return
      case 'release-task': {
        const release = await releaseOfTask(store.read, id)
        // As when its service says so: a release without one of its parts is canceled.
        if (release !== undefined) await submit(release, { type: 'report', task: id, state: 'canceled' })
        kick()
        return
      }
      case 'bulk-import': {
        const call = { identity: context.identityToken, traceparent }
        // One that has just ended is refused, which is as good.
        await bus.request(bulkImportOperations.cancel, { task: id }, call).catch(error => {
          if (!isFailure(error, 'refused', 'not_found')) throw error
        })
        return
      }
      default:
        await store.transaction(async tx => {
          const job = await requestJobStop(tx, id)
          if (job && job.lease === null) await endJob(tx, { id, lease: null }, killed(kind), { actor, traceparent })
        })
    }
  }
}
