import type { CallContext, OperationHandler } from '@slipway/bus'
import { actorOf, idPrefixes, logEventEvents, logEventOperations } from '@slipway/contracts'
import { handlerOf, requireRole, requireSignedIn } from '@slipway/service'
import type { Store } from '@slipway/store'
import type { Database } from '../database.ts'
import { listPage } from '../list-page.ts'
import { recordWriter } from '../record.ts'
import { recordHandlers } from '../record-handlers.ts'
import type { KnownTaskServices } from '../task-service/known-task-services.ts'
import { logEventItem, logEventList, ofStudy } from './log-event.store.ts'

export type LogEventOperationsOptions = {
  readonly store: Store<Database>
  readonly services: KnownTaskServices
  /** Let callers without credentials add entries, as clients of the Kids First Release Coordinator do. */
  readonly anonymousEvents: boolean
}

/** The log: written by the platform itself and by whoever takes part; changed by administrators only. */
export function logEventHandlers({ store, services, anonymousEvents }: LogEventOperationsOptions): OperationHandler[] {
  const writer = recordWriter(store, {
    table: 'event',
    fields: logEventList.fields,
    events: { created: logEventEvents.recorded },
    data: `json_build_object('event_type', row.event_type, 'message', row.message,
      'task_service', row.task_service, 'task', row.task, 'release', row.release)`,
  })
  const participant = ({ identity }: CallContext) => actorOf(anonymousEvents ? identity : requireSignedIn(identity))
  const admin = ({ identity }: CallContext) => actorOf(requireRole(identity, ['ADMIN'], 'Must be an admin'))

  return [
    handlerOf(logEventOperations.list, async ({ release, task_service, task, study, ...page }, { baseUrl }) => {
      // An unknown or empty id is no error here: there are no such events.
      const filters = Object.entries({ release, task_service, task })
        .filter(([, value]) => value !== undefined)
        .map(([column, value]) => ({ column, value: value as string }))
      const condition = study === undefined ? undefined : ofStudy(study)
      const request = { ...page, filters, condition, base: baseUrl, url: `${baseUrl}/events` }
      return { body: { raw: await listPage(store.read, logEventList, request) } }
    }),
    ...recordHandlers({
      store,
      prefix: idPrefixes.event,
      item: logEventItem,
      writer,
      operations: logEventOperations,
      prepare: async ({ task_service }) => {
        if (task_service) await services.ensure(task_service)
      },
      mayCreate: participant,
      mayChange: admin,
    }),
  ]
}
