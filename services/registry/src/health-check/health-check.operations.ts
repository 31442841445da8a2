import type { OperationHandler } from '@slipway/bus'
import { failure, idPattern, taskServiceOperations } from '@slipway/contracts'
import { commandOf, handlerOf } from '@slipway/service'
import type { Store } from '@slipway/store'
import { pageBody } from '../task-service/page-body.ts'
import { listHealthChecks, makeChecksDue } from './health-check.store.ts'

export type HealthCheckOperationsOptions = {
  readonly store: Store
  /** Called when checks were made due. */
  readonly onDue: () => void
}

const queued = JSON.stringify({ status: 'ok' })

/** Anybody may read the history and ask for checks; how often is for the gateway to limit. */
export function healthCheckOperations({ store, onDue }: HealthCheckOperationsOptions): OperationHandler[] {
  return [
    handlerOf(taskServiceOperations.check, async (input, context) => {
      await makeChecksDue(store, commandOf(taskServiceOperations.check, input, context), queued)
      onDue()
      return { body: { raw: queued } }
    }),

    handlerOf(taskServiceOperations.history, async ({ kf_id, ...request }, { baseUrl }) => {
      const page = idPattern.test(kf_id) ? await listHealthChecks(store, kf_id, request) : undefined
      if (!page) throw failure('not_found', 'Not found.')
      return { body: pageBody(`${baseUrl}/task-services/${kf_id}/health-checks`, request, page) }
    }),
  ]
}
