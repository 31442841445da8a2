import type { Bus, CallContext, OperationHandler } from '@slipway/bus'
import { actorOf, coordinatorRestoreOperations, failure, isFailure, taskServiceOperations } from '@slipway/contracts'
import { handlerOf, requireRole, restoreFactsHandler } from '@slipway/service'
import type { Store } from '@slipway/store'
import type { Database } from '../database.ts'
import type { ReleaseCommand } from '../release/decide.ts'
import { isRefusal } from '../release/decide.ts'
import type { ReleaseChanges } from '../release/release-changes.ts'
import { lockVersionNumbers } from '../release/version.store.ts'
import type { Version } from '../release/version.ts'
import { releaseOfTask } from '../task/task.store.ts'
import type { KnownTaskServices } from '../task-service/known-task-services.ts'
import { forgetTaskService } from '../task-service/task-service.events.ts'
import { keepVersion, numberFacts, raiseVersions, releaseFacts, taskFacts, taskServiceFacts } from './restore.store.ts'

export type RestoreOptions = {
  readonly store: Store<Database>
  readonly bus: Bus
  readonly changes: ReleaseChanges
  readonly services: KnownTaskServices
}

/** What the coordinator knows that others must agree with after a restore, and what settles a disagreement here. */
export function restoreHandlers({ store, bus, changes, services }: RestoreOptions): OperationHandler[] {
  const { facts, settle } = coordinatorRestoreOperations

  async function changeTask(id: string, command: ReleaseCommand, context: CallContext, actor: string) {
    const release = await releaseOfTask(store.read, id)
    if (release === undefined) throw failure('not_found', 'There is no such task.')
    const { traceparent } = context
    const { decision } = await changes.submit(release, { commands: [command], actor, traceparent })
    if (isRefusal(decision)) throw failure('refused', `The task in state ${decision.refused.from} stays as it is.`)
    return decision.length > 0
  }

  const raise = (text: string) => {
    const version = versionOf(text)
    return store.transaction(async tx => {
      await lockVersionNumbers(tx)
      return raiseVersions(tx, version)
    })
  }

  async function isRegistered(id: string) {
    try {
      await bus.call(taskServiceOperations.get, { kf_id: id })
      return true
    } catch (error) {
      if (isFailure(error, 'not_found')) return false
      throw error
    }
  }

  return [
    restoreFactsHandler(facts, {
      release: page => store.read(releaseFacts, page),
      task: page => store.read(taskFacts, page),
      'task-service': page => store.read(taskServiceFacts, page),
      number: page => store.read(numberFacts, page),
    }),
    handlerOf(settle, async ({ action, id, version = '' }, context) => {
      const actor = actorOf(requireRole(context.identity, ['ADMIN'], 'Must be an admin'))
      switch (action) {
        case 'lose-task': {
          const fault = { reason: 'its service does not know the task any more since a database was restored' }
          return { body: { done: await changeTask(id, { type: 'lose-task', task: id, fault }, context, actor) } }
        }
        case 'note-staged': {
          const report: ReleaseCommand = { type: 'report', task: id, state: 'staged', progress: 100 }
          return { body: { done: await changeTask(id, report, context, actor) } }
        }
        case 'raise-version':
          return { body: { done: await raise(id) } }
        case 'keep-version': {
          const kept = versionOf(version)
          return { body: { done: await store.transaction(tx => keepVersion(tx, id, kept)) } }
        }
        case 'note-task-service':
          await services.ensure(id)
          return { body: { done: true } }
        case 'forget-task-service':
          if (await isRegistered(id)) throw failure('refused', 'The registry has this task service.')
          return { body: { done: await forgetTaskService({ store, changes }, id) } }
      }
    }),
  ]
}

/** @throws `refused` for what is no version */
function versionOf(text: string): Version {
  const [, major, minor, patch] = (/^(\d{1,9})\.(\d{1,9})\.(\d{1,9})$/.exec(text) ?? []).map(Number)
  if (major === undefined || minor === undefined || patch === undefined) {
    throw failure('refused', `${text} is no version.`)
  }
  return { major, minor, patch }
}
