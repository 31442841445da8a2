import { decide, type TaskAnswer, type TaskCommand, type TaskService, unknownTask } from '@slipway/participant'
import { cancelTimer, type Queryable, type Store, setTimer } from '@slipway/store'
import manifest from '../../package.json' with { type: 'json' }
import { removeVersions } from './change-versions.ts'
import {
  addReleaseTask,
  findReleaseTask,
  lockReleaseTask,
  moveReleaseTask,
  type ReleaseTask,
} from './release-task.store.ts'

export const releaseTaskTimer = 'release-task'

const done: ReadonlySet<string> = new Set(['staged', 'published'])
const knownOf = ({ release, state }: ReleaseTask) => ({ release_id: release, state, progress: 0 })

/**
 * Takes part in releases, registered as `nats://slipway-tasks.catalog`. Commands are written into rows and answered at
 * once; what they ask for is done by the worker, which `kick` wakes.
 */
export function releaseTaskService(store: Store, kick: () => void): TaskService {
  async function answer(command: TaskCommand): Promise<TaskAnswer> {
    if (command.action !== 'get_status') return store.transaction(tx => take(tx, command))
    const row = await findReleaseTask(store.query, command.task_id)
    return { ...decide(row && knownOf(row), command).answer, ...(row?.error && { message: row.error }) }
  }
  return {
    name: 'release packages',
    message: 'makes versions of packages',
    version: manifest.version,
    async obey(command) {
      const { state, message } = await answer(command)
      kick()
      return { state, ...(message !== undefined && { message }), progress: done.has(state) ? 100 : 0 }
    },
  }
}

/** A cancel counts before the start, too, should it come first. */
async function take(tx: Queryable, command: TaskCommand): Promise<TaskAnswer> {
  const { action, task_id, release_id } = command
  const isAdded = action !== 'publish' && (await addReleaseTask(tx, task_id, release_id))
  const row = await lockReleaseTask(tx, task_id)
  if (!row) throw unknownTask(task_id)
  const { answer, isNew } = decide(isAdded ? undefined : knownOf(row), command, { late: true })
  if (isNew && action === 'start') await begin(tx, row, 'running')
  if (isNew && action === 'publish') await begin(tx, row, 'publishing')
  if (isNew && action === 'cancel') await withdraw(tx, row)
  return answer
}

/** The work goes on in any replica, whatever becomes of this one. */
export async function begin(tx: Queryable, row: ReleaseTask, state: 'running' | 'publishing'): Promise<void> {
  await moveReleaseTask(tx, row, state)
  await setTimer(tx, { name: releaseTaskTimer, key: row.task })
}

/** Takes back what was made for a release that is canceled or failed, published here or not. */
export async function withdraw(tx: Queryable, row: ReleaseTask): Promise<void> {
  await removeVersions(tx, row)
  await moveReleaseTask(tx, row, 'canceled')
  await cancelTimer(tx, { name: releaseTaskTimer, key: row.task })
}
