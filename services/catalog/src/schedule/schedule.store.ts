import { failure, filterDay, scheduleEvents, scheduleResource } from '@slipway/contracts'
import type { Statement } from '@slipway/store'
import { exactly } from '../records/filters.ts'
import type { Condition, Filter, WriteKind } from '../records/kind.ts'
import { given } from '../records/problem.ts'
import { mergeSchedule, type ScheduleReferences, type ScheduleRow } from './schedule.ts'

/** Exactly these words, as Python's client and its users write them. */
const trueWords = ['True', 'true', 't', '1']
const falseWords = ['False', 'false', 'f', '0']

const active: Filter = values => {
  const value = values.at(-1) ?? ''
  if (value === '') return undefined
  if (trueWords.includes(value)) return { name: 'active', sql: 'item.date >= utc_today()', counted: true }
  if (falseWords.includes(value)) return { name: 'expired', sql: 'item.date < utc_today()', counted: true }
  const message = `Value [${value}] is not a boolean`
  throw failure('invalid', message, { details: [{ path: [], reason: 'bare_list', message }] })
}

/** A day that is none matches nothing, which is easily taken for "no schedules": hence the warning. */
function byDay(name: string, operator: '=' | '>=' | '<='): Filter {
  return values => {
    const value = values.at(-1) ?? ''
    if (value === '') return undefined
    const day = filterDay(value)
    if (day === undefined) return { nothing: true, warning: `The value of "${name}" is not a date: nothing matches.` }
    return { name, sql: `item.date ${operator} :${name}::date`, value: day, counted: true }
  }
}

const slaIds: Statement = {
  name: 'sla-ids',
  text: 'select id, name from sla where name = any($1::text[])',
}

/** Any of the names; one that no service level has makes that nothing matches at all. */
const sla: Filter = async (values, read) => {
  const names = [...new Set(values)]
  const rows = await read<{ id: number }>(slaIds, [names])
  if (rows.length < names.length) {
    return { nothing: true, warning: 'A value of "sla" is the name of no service level: nothing matches.' }
  }
  const ids = rows.map(({ id }) => id)
  const [only] = ids
  if (ids.length === 1) return { name: 'sla', sql: 'item.sla_id = :sla::bigint', value: only, counted: true }
  return { name: 'slas', sql: 'item.sla_id = any(:slas::bigint[])', value: ids, counted: true } satisfies Condition
}

const releaseIds: Statement = {
  name: 'release-ids',
  text: 'select id, release_id from pdc_release where release_id = any($1::text[])',
}
const slaNames: Statement = { name: 'sla-names', text: 'select name from sla order by id limit 100' }
const samePairs: Statement = {
  name: 'schedule-same-pairs',
  text: `select s.id, s.seq, s.release_id, s.sla_id, s.date
    from json_to_recordset($1) as wanted(release_id bigint, sla_id bigint)
    join schedule s on s.release_id = wanted.release_id and s.sla_id = wanted.sla_id`,
}

export const scheduleKind: WriteKind<ScheduleRow, ScheduleReferences> = {
  resource: scheduleResource,
  noun: 'schedule',
  events: scheduleEvents,
  table: 'schedule',
  fields: `
    item.id, release.release_id as release, sla.name as sla, item.date, item.date >= utc_today() as active,
    :base || '/rest_api/v1/releases/' || release.path || '/' as release_url,
    :base || '/rest_api/v1/component-sla-types/' || sla.id || '/' as sla_url`,
  joins: 'join pdc_release release on release.id = item.release_id join sla on sla.id = item.sla_id',
  filters: {
    active,
    date: byDay('date', '='),
    date_after: byDay('date_after', '>='),
    date_before: byDay('date_before', '<='),
    release: exactly(
      'release',
      value => `item.release_id = (select r.id from pdc_release r where r.release_id = ${value})`,
    ),
    product_version: exactly(
      'product_version',
      value => `item.release_id in (
        select r.id from pdc_release r join product_version v on v.id = r.product_version_id
        where v.product_version_id = ${value})`,
    ),
    sla,
  },
  order: { forwards: 'item.date, item.id', backwards: 'item.date desc, item.id desc' },
  counter: 'schedule_count',
  columns: { release_id: 'bigint', sla_id: 'bigint', date: 'date' },
  derived: {
    updated_at: { insert: 'clock_timestamp()', update: 'clock_timestamp()' },
    // A calendar shows the name of the release: what its renames count for goes on when another release takes its place.
    renames_before: {
      insert: '0',
      update: `item.renames_before + (
        select coalesce(sum(case release.id when item.release_id then release.renames else -release.renames end), 0)
        from pdc_release release where release.id in (item.release_id, r.release_id) and item.release_id <> r.release_id)`,
    },
    // A day that is over when it is written is no news; one that is changed will be.
    expired_for: {
      insert: 'case when r.date < utc_today() then r.date end',
      update: `case when r.date = item.date then item.expired_for when r.date < utc_today() then r.date end`,
    },
  },
  recorded: ['release', 'sla', 'date'],
  keyColumn: 'id',
  keyOf: row => String(row.id),
  pathOf: row => String(row.id),
  uniqueness: [
    {
      keyOf: row => `${row.release_id} ${row.sla_id}`,
      message: 'The fields release, sla must make a unique set.',
    },
  ],
  async loadReferences(read, bodies) {
    const names = given(bodies, 'sla')
    const [releases, slas] = await Promise.all([
      read<{ id: number; release_id: string }>(releaseIds, [given(bodies, 'release')]),
      read<{ id: number; name: string }>(slaIds, [names]),
    ])
    const known = slas.length < names.length ? await read<{ name: string }>(slaNames) : []
    return {
      releases: new Map(releases.map(row => [row.release_id, row.id])),
      slas: new Map(slas.map(row => [row.name, row.id])),
      slaNames: known.map(({ name }) => name),
    }
  },
  merge: mergeSchedule,
  loadNeighbours: (read, rows) =>
    read<ScheduleRow>(samePairs, [JSON.stringify(rows.map(({ release_id, sla_id }) => ({ release_id, sla_id })))]),
}
