import { failure, type taskCommandSchema } from '@slipway/contracts'
import { type AnyStore, type AnyTx, cancelTimer, setTimer } from '@slipway/store'
import type { z } from 'zod'
import { removeVersions } from './change-versions.ts'
import {
  findReleaseTask,
  lockOrAdd,
  lockReleaseTask,
  moveReleaseTask,
  type ReleaseTask,
  type ReleaseTaskState,
} from './release-task.store.ts'

export type TaskCommand = z.output<typeof taskCommandSchema>

export const releaseTaskTimer = 'release-task'

const isOver = ({ state }: ReleaseTask) => state === 'canceled' || state === 'failed'
const over = (state: string) => failure('refused', `The task is ${state}.`)

/**
 * Does what the coordinator asks for. A repetition is answered like the first time and does nothing more; a cancel
 * counts before the start, too, should it come first. @returns the state to answer
 */
export async function obey(store: AnyStore, { action, task_id: task, release_id: release }: TaskCommand) {
  if (action === 'get_status') {
    const row = await findReleaseTask(store.query, task)
    if (!row) throw failure('not_found', 'There is no such task.')
    return row.state
  }
  return store.transaction(async (tx): Promise<ReleaseTaskState> => {
    switch (action) {
      case 'initialize': {
        const row = await lockOrAdd(tx, task, release, 'initialized')
        if (isOver(row)) throw over(row.state)
        return 'initialized'
      }
      case 'start': {
        const row = await lockOrAdd(tx, task, release, 'initialized')
        if (isOver(row)) throw over(row.state)
        if (row.state === 'initialized') await begin(tx, row, 'running')
        return 'running'
      }
      case 'publish': {
        const row = await lockReleaseTask(tx, task)
        if (!row) throw failure('not_found', 'There is no such task.')
        if (isOver(row) || row.state === 'initialized' || row.state === 'running') throw over(row.state)
        if (row.state === 'staged') await begin(tx, row, 'publishing')
        return 'publishing'
      }
      case 'cancel': {
        await withdraw(tx, await lockOrAdd(tx, task, release, 'canceled'))
        return 'canceled'
      }
    }
  })
}

/** The work goes on in any replica, whatever becomes of this one. */
export async function begin(tx: AnyTx, row: ReleaseTask, state: 'running' | 'publishing'): Promise<void> {
  await moveReleaseTask(tx, row, state)
  await setTimer(tx, { name: releaseTaskTimer, key: row.task })
}

/** Takes back what was made for a release that is canceled or failed, published here or not. */
export async function withdraw(tx: AnyTx, row: ReleaseTask): Promise<void> {
  await removeVersions(tx, row)
  await moveReleaseTask(tx, row, 'canceled')
  await cancelTimer(tx, { name: releaseTaskTimer, key: row.task })
}
