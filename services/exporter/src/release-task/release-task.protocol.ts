import { type TaskService, unknownTask } from '@slipway/participant'
import type { Store } from '@slipway/store'
import { findTask, noteCommand } from './release-task.store.ts'
import { answerTo } from './release-task.ts'
import { filesOf } from './release-version.store.ts'

/**
 * Takes part in releases. Commands are taken down in rows and answered at once; what they ask for is done by the worker,
 * which `kick` wakes, and each may come any number of times and in any order.
 */
export function releaseTaskService(store: Store, version: string, kick: () => void): TaskService {
  return {
    name: 'exporter',
    message: 'Exports of the sources that are bound to the studies',
    version,
    async obey(command) {
      await noteCommand(store, command)
      kick()
      const task = await findTask(store.read, command.task_id)
      if (!task) throw unknownTask(command.task_id)
      const { progress, error } = task
      const answer = { state: answerTo(command.action, task.state), progress }
      if (command.action !== 'get_status') return answer
      const files = await filesOf(store.read, task.task)
      return { ...answer, ...(error !== null && { message: error }), files }
    },
  }
}
