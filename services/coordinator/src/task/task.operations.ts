import type { CallContext, OperationHandler } from '@slipway/bus'
import {
  actorOf,
  type Checked,
  complete,
  failure,
  idPrefixes,
  invalid,
  newId,
  type OutputOf,
  type ReportedFile,
  type TaskState,
  taskOperations,
} from '@slipway/contracts'
import { type Command, commandOf, handlerOf, requireRole } from '@slipway/service'
import type { Store } from '@slipway/store'
import { pollAllNow } from '../check/status-poll.store.ts'
import type { Database } from '../database.ts'
import { listPage, readItem } from '../list-page.ts'
import { brokenLinks, requireFilters } from '../relations.ts'
import { isRefusal } from '../release/decide.ts'
import type { ReleaseChanges } from '../release/release-changes.ts'
import { keepReportedFiles } from '../reported-file/reported-file.store.ts'
import type { KnownTaskServices } from '../task-service/known-task-services.ts'
import { releaseOfTask, taskList } from './task.store.ts'

export type TaskOperationsOptions = {
  readonly store: Store<Database>
  readonly changes: ReleaseChanges
  readonly services: KnownTaskServices
  /** Wakes the worker that polls tasks. */
  readonly kickPoll: () => void
  /** Looks for tasks that are over their deadline. */
  readonly checkDeadlines: () => Promise<unknown>
  readonly requireCheckRight: (context: CallContext) => void
}

type Report = { readonly state?: TaskState; readonly progress?: number; readonly files?: readonly ReportedFile[] }

/** Tasks: read, record by hand, report. */
export function taskHandlers(options: TaskOperationsOptions): OperationHandler[] {
  const { store, changes, services, kickPoll, checkDeadlines, requireCheckRight } = options
  const { list, get, create, update, replace, check } = taskOperations

  /** A report of a task service: it moves the task, and with it the release. */
  async function report(id: string, body: Checked<Report>, context: CallContext, command: Command | undefined) {
    const actor = actorOf(requireRole(context.identity, ['ADMIN'], 'Must be an admin'))
    const release = await releaseOfTask(store.read, id)
    if (release === undefined) throw failure('not_found', 'Not found.')
    const { files, ...said } = complete(body)
    const { decision, finished } = await changes.submit(release, {
      commands: [{ type: 'report', task: id, ...said }],
      actor,
      traceparent: context.traceparent,
      remember: command,
      async finish(tx) {
        if (files) await keepReportedFiles(tx, id, files)
        return readItem(tx.query, taskList, id, context.baseUrl)
      },
    })
    if (isRefusal(decision)) {
      const { from, to } = decision.refused
      throw invalid([{ path: ['state'], reason: 'step', message: `Can not change from ${from} to ${to}.` }])
    }
    return { body: { raw: finished as string } }
  }

  return [
    handlerOf(list, async ({ release, task_service, state, ...page }, { baseUrl }) => {
      if (task_service) await services.ensure(task_service)
      await requireFilters(store.read, { release, task_service })
      const filters = {
        release: release || undefined,
        task_service: task_service || undefined,
        state: state || undefined,
      }
      const request = { ...page, filters, base: baseUrl, url: `${baseUrl}/tasks` }
      return { body: { raw: await listPage(store.read, taskList, request) } }
    }),
    handlerOf(get, async ({ kf_id }, { baseUrl }) => {
      const body = await readItem(store.read, taskList, kf_id, baseUrl)
      if (body === undefined) throw failure('not_found', 'Not found.')
      return { body: { raw: body } }
    }),
    handlerOf(create, async (input, context) => {
      const actor = actorOf(requireRole(context.identity, ['ADMIN'], 'Must be an admin'))
      const { release, task_service } = input.body.values
      if (task_service) await services.ensure(task_service)
      const fields = complete(input.body, await brokenLinks(store.read, { release, task_service }))
      const id = newId(idPrefixes.task)
      const state = fields.state === 'pending' ? 'initialized' : fields.state
      const { finished } = await changes.submit(fields.release, {
        commands: [{ type: 'add-task', task: { id, service: fields.task_service, state, progress: fields.progress } }],
        actor,
        traceparent: context.traceparent,
        remember: commandOf(create, input, context),
        finish: tx => readItem(tx.query, taskList, id, context.baseUrl),
      })
      return { status: 201, body: { raw: finished as string } }
    }),
    handlerOf(update, (input, context) =>
      report(input.kf_id, input.body as Checked<Report>, context, commandOf(update, input, context)),
    ),
    handlerOf(replace, (input, context) =>
      report(input.kf_id, input.body as Checked<Report>, context, commandOf(replace, input, context)),
    ),
    handlerOf(check, async (_input, context) => {
      requireCheckRight(context)
      const count = await pollAllNow(store)
      kickPoll()
      await checkDeadlines()
      const body: OutputOf<typeof check> = { status: 'ok', message: `${count} task to check` }
      return { body }
    }),
  ]
}
