import type { OperationHandler } from '@slipway/bus'
import { failure, slaOperations } from '@slipway/contracts'
import type { Store } from '@slipway/store'
import { sql } from 'kysely'
import { over } from '../records/kind.ts'
import { readHandlers } from '../records/read-handlers.ts'
import { changeOf, keysParameter, lockWhere } from '../records/stored.ts'
import type { Cascade } from '../records/write.ts'
import { writeHandlers } from '../records/write-handlers.ts'
import { scheduleKind } from '../schedule/schedule.store.ts'
import { prepare } from '../sql.ts'
import { slaKind } from './sla.store.ts'
import type { SlaRow } from './sla.ts'

/** More schedules are not deleted along with their service level: each of them is recorded and told. */
const maxSchedules = 10_000

const countSchedules = prepare<{ ids: readonly number[] }>()('sla-count-schedules', (db, p) =>
  db
    .selectFrom('schedule_count')
    .select(sql<number>`coalesce(sum(rows), 0)::float8`.as('count'))
    .where('sla_id', '=', eb => eb.fn.any(p.ids)),
)
const removeSchedules = prepare<{ ids: readonly number[] }>()('sla-remove-schedules', (db, p) =>
  db.deleteFrom('schedule').where('sla_id', '=', eb => eb.fn.any(p.ids)),
)
const eb = over<'schedule'>()
const ofServiceLevels = { name: 'sla', where: eb('item.sla_id', '=', eb.fn.any(keysParameter)) }

/** With a service level go its schedules. PDC does that in silence; here each is part of the changeset and has its event. */
const schedulesAlong: Cascade<SlaRow> = async (tx, rows, { context }) => {
  const ids = rows.map(({ id }) => id)
  const [counted] = await tx.query(countSchedules, { ids })
  if ((counted?.count ?? 0) > maxSchedules) {
    throw failure('conflict', `More than ${maxSchedules} schedules follow this service level: delete them first.`)
  }
  const schedules = await lockWhere(tx, scheduleKind, ofServiceLevels, ids, context.baseUrl)
  await tx.query(removeSchedules, { ids })
  return schedules.map(before => changeOf(scheduleKind, before, undefined, context.baseUrl))
}

/** Service levels that schedules refer to. */
export function slaHandlers(store: Store): OperationHandler[] {
  return [
    ...readHandlers(store, slaKind, slaOperations),
    ...writeHandlers(store, slaKind, slaOperations, schedulesAlong),
  ]
}
