import type { OperationHandler } from '@slipway/bus'
import { exporterRestoreOperations, failure, type InputOf } from '@slipway/contracts'
import { isWithdrawn, type Platform } from '@slipway/participant'
import { type FactPage, type FactRow, handlerOf, requireRole, restoreFactsHandler } from '@slipway/service'
import type { Parameters, Store } from '@slipway/store'
import { type Expression, sql } from 'kysely'
import { publishTask, startTask, withdrawTasks } from '../release-task/release-task.store.ts'
import { prepare } from '../sql.ts'

export type RestoreOptions = {
  readonly store: Store
  readonly platform: Pick<Platform, 'taskState'>
  /** Tasks of releases may be due. */
  readonly kick: () => void
}

/** A fact, in the order of its members. */
const factOf = (members: Readonly<Record<string, Expression<unknown>>>) =>
  sql<
    FactRow['fact']
  >`json_build_object(${sql.join(Object.entries(members).flatMap(([name, value]) => [sql.lit(name), value]))})`

/** Facts are asked for release by release; those of one come on one page. */
const isAsked = (release: Expression<string>, { after, of }: Parameters<FactPage>) =>
  sql<boolean>`${release} > ${after} and (${of}::text[] is null or ${release} = any(${of}))`

const tasks = prepare<FactPage>()('restore.tasks', (db, p) =>
  db
    .selectFrom('release_task')
    .select(({ ref }) => factOf({ id: ref('task'), release: ref('release'), state: ref('state') }).as('fact'))
    .where(({ ref }) => isAsked(ref('release'), p))
    .orderBy('release')
    .modifyEnd(sql`fetch first ${p.limit} rows with ties`),
)
const files = prepare<FactPage>()('restore.files', (db, p) =>
  db
    .selectFrom('release_task as t')
    .innerJoin('release_version as v', 'v.task', 't.task')
    .select(({ ref }) => factOf({ id: ref('v.id'), release: ref('t.release') }).as('fact'))
    .where('v.blob', 'is not', null)
    .where(({ ref }) => isAsked(ref('t.release'), p))
    .orderBy('t.release')
    .modifyEnd(sql`fetch first ${p.limit} rows with ties`),
)
const tasksOf = prepare<{ release: string }>()('restore.tasks-of', (db, p) =>
  db
    .selectFrom('release_task')
    .select('task')
    .where('release', '=', p.release)
    .where('state', 'not in', ['canceled', 'failed']),
)

/** What the exporter knows that others must agree with after a restore, and what settles a disagreement here. */
export function restoreHandlers({ store, platform, kick }: RestoreOptions): OperationHandler[] {
  const { facts, settle } = exporterRestoreOperations

  /** Does what a command asks for that was forgotten, while the coordinator has the task in one of these states. */
  async function makeUp(what: typeof startTask, task: string, ...states: readonly string[]): Promise<boolean> {
    const state = await platform.taskState(task)
    if (state === undefined || !states.includes(state)) {
      throw failure('refused', `The coordinator has the task ${task} ${state ?? 'no more'}.`)
    }
    return what(store, task)
  }

  async function takeBack(release: string): Promise<boolean> {
    const rows = await store.query(tasksOf, { release })
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
    restoreFactsHandler(facts, {
      task: page => store.read(tasks, page),
      file: page => store.read(files, page),
    }),
    handlerOf(settle, async ({ action, id }, { identity }) => {
      requireRole(identity, ['ADMIN'], 'Must be an admin')
      const done = await settleOne(action, id)
      kick()
      return { body: { done } }
    }),
  ]
}
