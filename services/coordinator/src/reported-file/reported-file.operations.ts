import type { OperationHandler } from '@slipway/bus'
import { failure, reportedFileOperations } from '@slipway/contracts'
import { handlerOf } from '@slipway/service'
import type { Store } from '@slipway/store'
import type { Database } from '../database.ts'
import { findReportedFiles } from './reported-file.store.ts'

/** What task services made. Where it lies is no business of everybody's. */
export function reportedFileHandlers(store: Store<Database>): OperationHandler[] {
  return [
    handlerOf(reportedFileOperations.list, async ({ task }) => {
      const found = await findReportedFiles(store.read, task)
      if (!found) throw failure('not_found', 'Not found.')
      return { body: { task_service_url: found.task_service_url, files: [...found.files] } }
    }),
  ]
}
