import { scheduleEvents } from '@slipway/contracts'
import { emit, type Store, setTimer, startTimers, type TimersOptions, type Worker } from '@slipway/store'
import { sql } from 'kysely'
import { jsonBuildObject } from 'kysely/helpers/postgres'
import { prepare } from '../sql.ts'

const timer = { name: 'schedule-expiry', key: '' }
const atOnce = 500

const today = sql<string>`utc_today()`

/** Marks a row for its date and tells of it in one statement: each date of a schedule is told once, by one replica. */
const expire = prepare()('schedule-expire', db =>
  db
    .with('due', q =>
      q
        .selectFrom('schedule')
        .select('id')
        .whereRef('expired_for', 'is distinct from', 'date')
        .where('date', '<', today)
        .orderBy('date')
        .orderBy('id')
        .limit(sql.lit(atOnce))
        .forUpdate()
        .skipLocked(),
    )
    .with('row', q =>
      q
        .updateTable('schedule as s')
        .from('due')
        .set(eb => ({ expired_for: eb.ref('s.date'), seq: eb('s.seq', '+', 1) }))
        .whereRef('s.id', '=', 'due.id')
        .returningAll('s'),
    )
    .with('told', q =>
      emit(
        q,
        scheduleEvents.expired,
        q
          .selectFrom('row')
          .innerJoin('pdc_release as r', 'r.id', 'row.release_id')
          .innerJoin('sla as l', 'l.id', 'row.sla_id')
          .select(eb => [
            eb.cast<string>('row.id', 'text').as('aggregate'),
            'row.seq as sequence',
            sql.lit('system').as('actor'),
            sql.lit(null).as('traceparent'),
            jsonBuildObject({
              id: eb.ref('row.id'),
              release: eb.ref('r.release_id'),
              sla: eb.ref('l.name'),
              date: eb.ref('row.date'),
            }).as('data'),
          ])
          .orderBy('row.date')
          .orderBy('row.id'),
      ),
    )
    .selectFrom('row')
    .select('id'),
)

const midnight = prepare()('schedule-next-midnight', db =>
  db.selectNoFrom(sql<string>`(${today} + 1)::timestamp at time zone 'utc'`.as('midnight')),
)

/**
 * Tells of schedules whose last day is over, at 00:00 UTC by the clock of the database. It looks once at start, too: what
 * happened while nothing ran is told then.
 */
export function startExpiry(store: Store, log: TimersOptions['log']): Worker {
  return startTimers({
    store,
    name: timer.name,
    prepare: () => setTimer(store, timer),
    async handle() {
      for (;;) {
        const rows = await store.write(expire)
        if (rows.length > 0) log.info({ event: 'schedules_expired', count: rows.length }, 'schedules have expired')
        if (rows.length < atOnce) break
      }
      const [next] = await store.read(midnight)
      return next && { again: new Date(next.midnight) }
    },
    concurrency: 1,
    log,
  })
}
