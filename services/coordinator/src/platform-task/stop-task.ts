import type { Bus, CallContext } from '@slipway/bus'
import { actorOf, bulkImportOperations, type Identity, isFailure } from '@slipway/contracts'
import type { CatchUp } from '@slipway/service'
import type { Queryable, Store } from '@slipway/store'
import type { Database } from '../database.ts'
import { endJob, requestJobStop } from '../job/job.store.ts'
import { killed } from '../job/job.ts'
import type { ReleaseCommand } from '../release/decide.ts'
import type { ReleaseChanges } from '../release/release-changes.ts'
import { releaseOfTask } from '../task/task.store.ts'
import { askOwner } from './ask-owner.ts'
import { findTask, type TaskInfoRow } from './platform-task.store.ts'

export type StopTaskOptions = {
  readonly store: Store<Database>
  readonly bus: Bus
  readonly catchUp: CatchUp<Database>
  readonly changes: ReleaseChanges
  /** A release is being canceled: its task services are to be told. */
  readonly kick: () => void
}

/** Resolves to the task as the request leaves it, which it may not be for long; undefined where nothing was changed here. */
export type StopTask = (
  task: { id: string; kind: string },
  identity: Identity,
  context: CallContext,
) => Promise<TaskInfoRow | undefined>

/**
 * Makes the function that asks a task to end. It returns at once: what is under way ends when it can, and a kind of task
 * that cannot be stopped goes on.
 */
export function createStopTask({ store, bus, catchUp, changes, kick }: StopTaskOptions): StopTask {
  return async ({ id, kind }, identity, context) => {
    const actor = actorOf(identity)
    const { traceparent } = context
    const submit = async (release: string, command: ReleaseCommand) => {
      const finish = (tx: Queryable) => findTask(tx.query, id)
      const { finished } = await changes.submit(release, { commands: [command], actor, traceparent, finish })
      kick()
      return finished as TaskInfoRow | undefined
    }

    switch (kind) {
      case 'release':
        return submit(id, { type: 'cancel', reason: 'request' })
      case 'release-task': {
        const release = await releaseOfTask(store.read, id)
        // As when its service says so: a release without one of its parts is canceled.
        return release === undefined ? undefined : submit(release, { type: 'report', task: id, state: 'canceled' })
      }
      case 'bulk-import': {
        const call = { identity: context.identityToken, traceparent }
        // One that has just ended is refused, which is as good.
        await bus.request(bulkImportOperations.cancel, { task: id }, call).catch(error => {
          if (!isFailure(error, 'refused', 'not_found')) throw error
        })
        // Its events are on the way; without them it is shown as it was.
        await askOwner(catchUp, id, context).catch(() => false)
        return undefined
      }
      default:
        return store.transaction(async tx => {
          const job = await requestJobStop(tx, id)
          if (job && job.lease === null) await endJob(tx, { id, lease: null }, killed(kind), { actor, traceparent })
          return findTask(tx.query, id)
        })
    }
  }
}
