import type { Answer, CallContext, OperationHandler } from '@slipway/bus'
import { actorOf, failure, type Identity, isFailure, platformTaskOperations } from '@slipway/contracts'
import { type CatchUp, commandOf, handlerOf, requireSignedIn } from '@slipway/service'
import type { Store } from '@slipway/store'
import type { Database } from '../database.ts'
import { startRun } from '../publish-run/start-run.ts'
import { readPage } from '../study-object/page-request.ts'
import { hasAllData, isCurator } from '../study-object/rights.ts'
import { pageAnswer, whole } from '../study-object/stream-list.ts'
import { pendingPublications } from '../study-object/study-object.store.ts'
import { readVersionMessage } from '../study-object/version-message.ts'
import { askOwner } from './ask-owner.ts'
import { publicKinds } from './job-kinds.ts'
import { findOutput, findTask, listTasks, type TaskInfoRow, type TaskViewer } from './platform-task.store.ts'
import type { StopTask } from './stop-task.ts'
import { matches, taskHeaders } from './task-headers.ts'
import { outputOf } from './task-output.ts'

export type PlatformTaskOptions = {
  readonly store: Store<Database>
  readonly catchUp: CatchUp<Database>
  readonly stopTask: StopTask
  /** A job may be due. */
  readonly kick: () => void
}

const mayNot = (what: string) => failure('forbidden', `Forbidden. Only ${what}.`)

/** Tasks of all kinds, and publishing. */
export function platformTaskHandlers({ store, catchUp, stopTask, kick }: PlatformTaskOptions): OperationHandler[] {
  const { get, list, output, stop, publish, preview } = platformTaskOperations

  /** The task; one that is not known here may be known to its owner. @throws `not_found` */
  async function requireTask(id: string, context: CallContext): Promise<TaskInfoRow> {
    const known = await findTask(store.read, id)
    if (known) return known
    const found = (await askOwner(catchUp, id, context)) ? await findTask(store.query, id) : undefined
    if (!found) throw failure('not_found', 'No object exists with the given ID.')
    return found
  }

  async function requireOwnTask(id: string, identity: Identity, context: CallContext, what: string) {
    const task = await requireTask(id, context)
    if (!hasAllData(identity) && task.owner !== actorOf(identity)) {
      throw mayNot(`who started a task, or a holder of ACCESS_ALL_DATA, may ${what}`)
    }
    return task
  }

  return [
    handlerOf(get, async ({ id, ifNoneMatch }, context) => infoAnswer(id, await requireTask(id, context), ifNoneMatch)),
    handlerOf(list, async ({ status, application, createdBy, ...page }, { identity }) => {
      const caller = requireSignedIn(identity)
      const wanted = readPage(page, { least: 1, fallback: 100 })
      const filter = { status, application, created_by: createdBy }
      const { total, tasks } = await listTasks(store.read, filter, viewerOf(caller), wanted.limit, wanted.offset)
      return pageAnswer(total, tasks.length, wanted, whole(tasks))
    }),
    handlerOf(output, async ({ id, ifNoneMatch, form }, context) => {
      const identity = requireSignedIn(context.identity)
      await requireOwnTask(id, identity, context, 'read its output')
      const row = await findOutput(store.query, id)
      if (!row) throw failure('not_found', 'No object exists with the given ID.')
      const headers = taskHeaders(id, { revision: row.revision, ended: row.endedTime !== null, age: row.age })
      // Progress is counted while a run goes on, without a change of the task itself.
      if (row.endedTime !== null && matches(ifNoneMatch, headers.ETag)) return { status: 304, headers }
      return { headers, body: outputOf(row, form) }
    }),
    handlerOf(stop, async ({ id }, context) => {
      const identity = requireSignedIn(context.identity)
      const task = await requireOwnTask(id, identity, context, 'stop it')
      if (task.ended) return infoAnswer(id, task)
      const stopped = await stopTask({ id, kind: task.kind }, identity, context).catch(error => {
        // It ended meanwhile, or is not to be stopped: the task tells.
        if (!isFailure(error, 'not_found')) throw error
      })
      return infoAnswer(id, stopped ?? (await findTask(store.query, id)) ?? task)
    }),
    handlerOf(publish, async (input, context) => {
      const identity = requireSignedIn(context.identity)
      requirePublisher(identity)
      const message = readVersionMessage(input.versionMessage)
      const command = commandOf(publish, input, context)
      return startRun({ store, identity, context, command, accession: null, message, kick })
    }),
    handlerOf(preview, async () => {
      const pending = await pendingPublications(store)
      const all = { limit: pending.length, offset: 0 }
      return pageAnswer(pending.length, pending.length, all, whole(pending))
    }),
  ]
}

/** Whoever has not all data sees what they started, and what everybody may read about. */
function viewerOf(identity: Identity): TaskViewer {
  return hasAllData(identity) ? null : { actor: actorOf(identity), kinds: publicKinds }
}

/** One without the other is not enough. */
function requirePublisher(identity: Identity): void {
  if (!isCurator(identity) || !hasAllData(identity)) {
    throw failure('forbidden', 'Forbidden. Only curators with ACCESS_ALL_DATA may publish all studies.')
  }
}

function infoAnswer(id: string, row: TaskInfoRow, ifNoneMatch?: string): Answer<never> {
  const headers = taskHeaders(id, row)
  if (matches(ifNoneMatch, headers.ETag)) return { status: 304, headers }
  return { headers, body: { raw: row.body } as never }
}
