import type { OperationHandler } from '@slipway/bus'
import { type RestoreFact, registryRestoreOperations } from '@slipway/contracts'
import { type FactPage, restoreFactsHandler } from '@slipway/service'
import type { Store } from '@slipway/store'
import { sql } from 'kysely'
import type { Database } from '../database.ts'
import { prepare } from '../sql.ts'

const taskServices = prepare<FactPage>()('registry.restore.task-services', (db, p) =>
  db
    .selectFrom('task_service')
    .select(sql<RestoreFact>`json_build_object('id', kf_id)`.as('fact'))
    .where('kf_id', '>', p.after)
    .where(sql<boolean>`(${p.of}::text[] is null or kf_id = any(${p.of}::text[]))`)
    .orderBy('kf_id')
    .limit(p.limit),
)

/** What the registry knows that others must agree with after a restore. */
export function restoreHandlers(store: Store<Database>): OperationHandler[] {
  return [
    restoreFactsHandler(registryRestoreOperations.facts, {
      'task-service': page => store.read(taskServices, page),
    }),
  ]
}
