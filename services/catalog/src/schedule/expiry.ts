import { scheduleEvents } from '@slipway/contracts'
import {
  outboxColumns,
  type Statement,
  type Store,
  setTimer,
  startTimers,
  type TimersOptions,
  type Worker,
} from '@slipway/store'

const timer = { name: 'schedule-expiry', key: '' }
const atOnce = 500

const { noun, verb } = scheduleEvents.expired

/** Marks a row for its date and tells of it in one statement: each date of a schedule is told once, by one replica. */
const expire: Statement = {
  name: 'schedule-expire',
  text: `with due as (
      select id from schedule where expired_for is distinct from date and date < utc_today()
      order by date, id limit ${atOnce} for update skip locked
    ), row as (
      update schedule s set expired_for = s.date, seq = s.seq + 1 from due where s.id = due.id returning s.*
    ), told as (
      insert into platform.outbox (${outboxColumns})
      select '${noun}', '${verb}', row.id::text, row.seq, 'system', null,
        json_build_object('id', row.id, 'release', r.release_id, 'sla', l.name, 'date', row.date)
      from row join pdc_release r on r.id = row.release_id join sla l on l.id = row.sla_id order by row.date, row.id
    )
    select id from row`,
}

const midnight: Statement = {
  name: 'schedule-next-midnight',
  text: `select (utc_today() + 1)::timestamp at time zone 'utc' as midnight`,
}

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
      const [next] = await store.read<{ midnight: string }>(midnight)
      return next && { again: new Date(next.midnight) }
    },
    concurrency: 1,
    log,
  })
}
