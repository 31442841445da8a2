import type { OperationHandler } from '@slipway/bus'
import { failure, slaOperations } from '@slipway/contracts'
import type { Statement, Store } from '@slipway/store'
import type { WriteKind } from '../records/kind.ts'
import { readHandlers } from '../records/read-handlers.ts'
import { changeOf, lockWhere } from '../records/stored.ts'
import type { Cascade } from '../records/write.ts'
import { writeHandlers } from '../records/write-handlers.ts'
import { scheduleKind } from '../schedule/schedule.store.ts'
import type { ScheduleRow } from '../schedule/schedule.ts'
import { slaKind } from './sla.store.ts'
import type { SlaRow } from './sla.ts'

/** More schedules are not deleted along with their service level: each of them is recorded and told. */
const mostSchedules = 10_000

const countSchedules: Statement = {
  name: 'sla-count-schedules',
  text: 'select coalesce(sum(rows), 0)::float8 as count from schedule_count where sla_id = any($1::bigint[])',
}
const removeSchedules: Statement = {
  name: 'sla-remove-schedules',
  text: 'delete from schedule where sla_id = any($1::bigint[])',
}

/** With a service level go its schedules. PDC does that in silence; here each is part of the changeset and has its event. */
const schedulesAlong: Cascade<SlaRow> = async (tx, rows, { context }) => {
  const ids = rows.map(({ id }) => id)
  const [counted] = await tx.query<{ count: number }>(countSchedules, [ids])
  if ((counted?.count ?? 0) > mostSchedules) {
    throw failure('conflict', `More than ${mostSchedules} schedules follow this service level: delete them first.`)
  }
  const kind = scheduleKind as unknown as WriteKind<ScheduleRow>
  const where = { name: 'sla', sql: 'item.sla_id = any(:keys::bigint[])' }
  const schedules = await lockWhere(tx, kind, where, ids, context.baseUrl)
  await tx.query(removeSchedules, [ids])
  return schedules.map(before => changeOf(kind, before, undefined, context.baseUrl))
}

/** Service levels that schedules refer to. */
export function slaHandlers(store: Store): OperationHandler[] {
  return [
    ...readHandlers(store, slaKind, slaOperations),
    ...writeHandlers(store, slaKind, slaOperations, schedulesAlong),
  ]
}
