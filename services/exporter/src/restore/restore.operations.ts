import type { OperationHandler } from '@slipway/bus'
import { exporterRestoreOperations, failure } from '@slipway/contracts'
import { isWithdrawn, type Platform } from '@slipway/participant'
import { type FactRow, handlerOf, requireRole, restoreFactsHandler } from '@slipway/service'
import type { AnyStore, Statement } from '@slipway/store'
import { publishTask, withdrawTasks } from '../release-task/release-task.store.ts'

export type RestoreOptions = {
  readonly store: AnyStore
  readonly platform: Pick<Platform, 'taskState'>
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
export function restoreHandlers({ store, platform, kick }: RestoreOptions): OperationHandler[] {
  const { facts, settle } = exporterRestoreOperations

  async function isToBePublished(task: string): Promise<boolean> {
    const state = await platform.taskState(task)
    return state === 'publishing' || state === 'published'
  }

  async function takeBack(release: string): Promise<boolean> {
    const rows = await store.query<{ task: string }>(tasksOf, [release])
    for (const { task } of rows) {
      if (!isWithdrawn(await platform.taskState(task)))
        throw failure('refused', `The coordinator has the task ${task}.`)
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
