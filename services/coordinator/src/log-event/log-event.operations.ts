import type { CallContext, OperationHandler } from '@slipway/bus'
import { actorOf, idPrefixes, logEventEvents, logEventOperations } from '@slipway/contracts'
import { handlerOf, requireRole, requireSignedIn } from '@slipway/service'
import type { Store } from '@slipway/store'
import { jsonBuildObject } from 'kysely/helpers/postgres'
import type { Database } from '../database.ts'
import { listPage } from '../list-page.ts'
import { recordWriter } from '../record.ts'
import { recordHandlers } from '../record-handlers.ts'
import type { KnownTaskServices } from '../task-service/known-task-services.ts'
import { logEventBody, logEventList, ofStudy } from './log-event.store.ts'

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
    body: logEventBody,
    events: { created: logEventEvents.recorded },
    data: ({ ref }) =>
      jsonBuildObject({
        event_type: ref('changed.event_type'),
        message: ref('changed.message'),
        task_service: ref('changed.task_service'),
        task: ref('changed.task'),
        release: ref('changed.release'),
      }),
  })
  const participant = ({ identity }: CallContext) => actorOf(anonymousEvents ? identity : requireSignedIn(identity))
  const admin = ({ identity }: CallContext) => actorOf(requireRole(identity, ['ADMIN'], 'Must be an admin'))

  return [
    handlerOf(logEventOperations.list, async ({ release, task_service, task, study, ...page }, { baseUrl }) => {
      // An unknown or empty id is no error here: there are no such events.
      const filters = { release, task_service, task }
      const condition = study === undefined ? undefined : ofStudy(study)
      const request = { ...page, filters, condition, base: baseUrl, url: `${baseUrl}/events` }
      return { body: { raw: await listPage(store.read, logEventList, request) } }
    }),
    ...recordHandlers({
      store,
      prefix: idPrefixes.event,
      list: logEventList,
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
