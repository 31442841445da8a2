import type { Bus, OperationHandler } from '@slipway/bus'
import { exporterRestoreOperations, failure, isFailure, taskOperations } from '@slipway/contracts'
import { type FactRow, handlerOf, requireRole, restoreFactsHandler } from '@slipway/service'
import type { AnyStore, Statement } from '@slipway/store'
import { publishTask, withdrawTasks } from '../release-task/release-task.store.ts'
import { isWithdrawn } from '../release-task/report-task.ts'

export type RestoreOptions = {
  readonly store: AnyStore
  readonly bus: Bus
  /** Tasks of releases may be due. */
  readonly kick: () => void
}

const tasks: Statement = {
  name: 'restore.tasks',
  text: `
    select json_build_object('id', task, 'release', release, 'state', state) as fact from release_task
    where task > $1 order by task limit $2`,
}
const tasksOf: Statement = {
  name: 'restore.tasks-of',
  text: `select task from release_task where release = $1 and state not in ('canceled', 'failed')`,
}

/** What the exporter knows that others must agree with after a restore, and what settles a disagreement here. */
export function restoreHandlers({ store, bus, kick }: RestoreOptions): OperationHandler[] {
  const { facts, settle } = exporterRestoreOperations

  async function isToBePublished(task: string): Promise<boolean> {
    try {
      const { state } = await bus.call(taskOperations.get, { kf_id: task })
      return state === 'publishing' || state === 'published'
    } catch (error) {
      if (isFailure(error, 'not_found')) return false
      throw error
    }
  }

  async function takeBack(release: string): Promise<boolean> {
    const rows = await store.query<{ task: string }>(tasksOf, [release])
    for (const { task } of rows) {
      if (!(await isWithdrawn({ bus }, task))) throw failure('refused', `The coordinator has the task ${task}.`)
    }
    await withdrawTasks(store, release)
    return rows.length > 0
  }

  return [
    restoreFactsHandler(facts, { task: ({ after, limit }) => store.read<FactRow>(tasks, [after, limit]) }),
    handlerOf(settle, async ({ action, id }, { identity }) => {
      requireRole(identity, ['ADMIN'], 'Must be an admin')
      if (action === 'publish' && !(await isToBePublished(id))) {
        throw failure('refused', 'The release of this task is not being published.')
      }
      const done = action === 'publish' ? await publishTask(store, id) : await takeBack(id)
      kick()
      return { body: { done } }
    }),
  ]
}
