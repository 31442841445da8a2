import { type EventType, taskServiceEvents, type taskServiceSchema } from '@slipway/contracts'
import { emit } from '@slipway/store'
import { sql } from 'kysely'
import { prepare } from '../sql.ts'
import { renderedTaskService } from '../task-service/rendered.ts'

/** Results looked at by each check to be removed; more than one, so that a shorter retention takes hold in time. */
const purgedPerCheck = 20

type Recording = {
  readonly kf_id: string
  readonly lease: string
  /** Failed checks in a row, with this one. */
  readonly failures: number
  readonly ok: boolean
  readonly durationMs: number
  readonly detail: string | null
  readonly days: number
  readonly checks: number
}

/**
 * Nothing happens unless the lease still stands. Each check removes what is over, so that no other job has to. `turned`
 * is the event of a check that turned the health of its service.
 */
function prepareRecord(name: string, turned?: EventType<typeof taskServiceSchema>) {
  return prepare<Recording>()(`registry.health-check.${name}`, (db, p) => {
    const checked = db
      .with('mine', q =>
        q
          .selectFrom('task_service')
          .select(['kf_id', 'check_count'])
          .where('kf_id', '=', p.kf_id)
          .where('check_lease', '=', p.lease)
          .forUpdate(),
      )
      .with('purged', q =>
        q
          .deleteFrom('health_check as h')
          .using('mine')
          .using(eb =>
            eb
              .selectFrom('health_check as o')
              .select(['o.id', 'o.checked_at', sql<number>`row_number() over (order by o.id)`.as('place')])
              .where('o.task_service', '=', p.kf_id)
              .orderBy('o.id')
              .limit(sql.lit(purgedPerCheck))
              .as('old'),
          )
          .whereRef('h.task_service', '=', 'mine.kf_id')
          .whereRef('h.id', '=', 'old.id')
          .where(eb =>
            eb.or([
              eb('old.checked_at', '<', sql<string>`now() - ${p.days} * interval '1 day'`),
              eb('old.place', '<=', sql<number>`mine.check_count + 1 - ${p.checks}`),
            ]),
          )
          .returning('h.id'),
      )
      .with('checked', q =>
        q
          .updateTable('task_service as s')
          .from('mine')
          .set(eb => ({
            last_ok_status: p.failures,
            check_count: sql<number>`s.check_count + 1 - (select count(*) from purged)`,
            check_lease: null,
            check_lease_until: null,
            ...(turned && { seq: eb('s.seq', '+', 1) }),
          }))
          .whereRef('s.kf_id', '=', 'mine.kf_id')
          .returningAll('s'),
      )
      .with('kept', q =>
        q
          .insertInto('health_check')
          .columns(['task_service', 'checked_at', 'ok', 'duration_ms', 'detail'])
          .expression(eb =>
            eb
              .selectFrom('checked')
              .select([
                'kf_id',
                sql<string>`clock_timestamp() - ${p.durationMs} * interval '1 ms'`.as('checked_at'),
                sql<boolean>`${p.ok}::boolean`.as('ok'),
                sql<number>`${p.durationMs}::integer`.as('duration_ms'),
                p.detail.as('detail'),
              ]),
          ),
      )
    if (!turned) return checked.selectFrom('checked').select('kf_id')
    return checked
      .with('event', q =>
        emit(
          q,
          turned,
          q
            .selectFrom('checked as s')
            .select(eb => [
              's.kf_id as aggregate',
              's.seq as sequence',
              sql.lit('system').as('actor'),
              sql.lit(null).as('traceparent'),
              renderedTaskService(eb).as('data'),
            ]),
        ),
      )
      .selectFrom('checked')
      .select('kf_id')
  })
}

/** Records a check, by what it says of the health of its service. */
export const recordCheck = {
  unchanged: prepareRecord('record'),
  down: prepareRecord('record-down', taskServiceEvents.wentDown),
  recovered: prepareRecord('record-recovered', taskServiceEvents.recovered),
}
