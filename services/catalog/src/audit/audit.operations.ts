import type { OperationHandler } from '@slipway/bus'
import { auditOperations } from '@slipway/contracts'
import { handlerOf } from '@slipway/service'
import { type Store, snapshotRows } from '@slipway/store'
import { jsonTextArray } from '../records/json-array.ts'
import { downloads, trail } from './audit.store.ts'
import { readAuditFilter } from './audit-filter.ts'

/** The trail: who did what. It is for staff and administrators, whole and of any length. */
export function auditHandlers(store: Store): OperationHandler[] {
  return [
    handlerOf(auditOperations.list, async ({ query }) => {
      const filter = readAuditFilter(query.$filter?.at(-1) ?? '')
      return { body: jsonTextArray(texts(snapshotRows(store, trail, filter))) }
    }),
    handlerOf(auditOperations.downloads, async ({ body }) => {
      const { startDate: from, endDate: to, excludeAdminAndStaff: affiliatesOnly } = body
      return {
        body: jsonTextArray(
          texts(snapshotRows(store, downloads, { from, to, affiliatesOnly: affiliatesOnly ?? false })),
        ),
      }
    }),
  ]
}

async function* texts(rows: AsyncIterable<readonly { json: string }[]>): AsyncGenerator<string[]> {
  for await (const some of rows) yield some.map(({ json }) => json)
}
