import type { OperationHandler, StreamedAnswer } from '@slipway/bus'
import { auditOperations } from '@slipway/contracts'
import { handlerOf } from '@slipway/service'
import { type Statement, type Store, snapshotRows } from '@slipway/store'
import { downloads, type JsonRow, trail } from './audit.store.ts'
import { readAuditFilter } from './audit-filter.ts'

/** The trail: who did what. It is for staff and administrators, whole and of any length. */
export function auditHandlers(store: Store): OperationHandler[] {
  const answer = (statement: Statement, values: readonly unknown[]): StreamedAnswer => ({
    body: jsonArray(snapshotRows<JsonRow>(store, statement, values)),
  })

  return [
    handlerOf(auditOperations.list, async ({ query }) => {
      const { type, affiliate, application, from, to } = readAuditFilter(query.$filter?.at(-1) ?? '')
      return answer(trail, [type, affiliate, application, from, to])
    }),
    handlerOf(auditOperations.downloads, async ({ body }) => {
      return answer(downloads, [body.startDate, body.endDate, body.excludeAdminAndStaff ?? false])
    }),
  ]
}

async function* jsonArray(rows: AsyncIterable<readonly JsonRow[]>): AsyncGenerator<Uint8Array> {
  let separator = '['
  for await (const some of rows) {
    yield Buffer.from(separator + some.map(({ json }) => json).join(','))
    separator = ','
  }
  yield Buffer.from(separator === '[' ? '[]' : ']')
}
