import type { OperationHandler } from '@slipway/bus'
import { exporterRestoreOperations, failure, type InputOf } from '@slipway/contracts'
import { isWithdrawn, type Platform } from '@slipway/participant'
import { type FactPage, type FactRow, handlerOf, requireRole, restoreFactsHandler } from '@slipway/service'
import type { AnyStore, Statement } from '@slipway/store'
import { publishTask, startTask, withdrawTasks } from '../release-task/release-task.store.ts'

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
    where release > $1 and ($3::text[] is null or release = any($3))
    order by release fetch first $2 rows with ties`,
}
const files: Statement = {
  name: 'restore.files',
  text: `
    select json_build_object('id', v.id, 'release', t.release) as fact
    from release_task t join release_version v using (task)
    where v.blob is not null and t.release > $1 and ($3::text[] is null or t.release = any($3))
    order by t.release fetch first $2 rows with ties`,
}
const tasksOf: Statement = {
  name: 'restore.tasks-of',
  text: `select task from release_task where release = $1 and state not in ('canceled', 'failed')`,
}

/** What the exporter knows that others must agree with after a restore, and what settles a disagreement here. */
export function restoreHandlers({ store, platform, kick }: RestoreOptions): OperationHandler[] {
  const { facts, settle } = exporterRestoreOperations

  const reader =
    (statement: Statement) =>
    ({ after, limit, of }: FactPage) =>
      store.read<FactRow>(statement, [after, limit, of])

  /** Does what a command asks for that was forgotten, while the coordinator has the task in one of these states. */
  async function makeUp(what: typeof startTask, task: string, ...states: readonly string[]): Promise<boolean> {
    const state = await platform.taskState(task)
    if (state === undefined || !states.includes(state)) {
      throw failure('refused', `The coordinator has the task ${task} ${state ?? 'no more'}.`)
    }
    return what(store, task)
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

  function settleOne(action: InputOf<typeof settle>['action'], id: string): Promise<boolean> {
    switch (action) {
      case 'start':
        return makeUp(startTask, id, 'running', 'staged', 'publishing')
      case 'publish':
        return makeUp(publishTask, id, 'publishing', 'published')
      case 'withdraw':
        return takeBack(id)
    }
  }

  return [
    restoreFactsHandler(facts, { task: reader(tasks), file: reader(files) }),
    handlerOf(settle, async ({ action, id }, { identity }) => {
      requireRole(identity, ['ADMIN'], 'Must be an admin')
      const done = await settleOne(action, id)
      kick()
      return { body: { done } }
    }),
  ]
}
