import { failure, filterDay, scheduleEvents, scheduleResource } from '@slipway/contracts'
import { parameter, parametersOf, recordset } from '@slipway/store'
import { sql } from 'kysely'
import { exactly } from '../records/filters.ts'
import { type Condition, type Filter, joined, over, type WriteKind } from '../records/kind.ts'
import { given } from '../records/problem.ts'
import { prepare } from '../sql.ts'
import { mergeSchedule, type ScheduleReferences, type ScheduleRow } from './schedule.ts'

const eb = over<'schedule', { release: 'pdc_release'; sla: 'sla' }>()
/** With what is written of the row. */
const written = over<'schedule', { r: 'schedule' }>()

const today = sql<string>`utc_today()`
const isActive = eb('item.date', '>=', today)
const isOver = eb('item.date', '<', today)

/** Exactly these words, as Python's client and its users write them. */
const trueWords = ['True', 'true', 't', '1']
const falseWords = ['False', 'false', 'f', '0']

const active: Filter = values => {
  const value = values.at(-1) ?? ''
  if (value === '') return undefined
  if (trueWords.includes(value)) return { name: 'active', where: isActive, counted: true }
  if (falseWords.includes(value)) return { name: 'expired', where: isOver, counted: true }
  const message = `Value [${value}] is not a boolean`
  throw failure('invalid', message, { details: [{ path: [], reason: 'bare_list', message }] })
}

/** A day that is none matches nothing, which is easily taken for "no schedules": hence the warning. */
function byDay(name: string, operator: '=' | '>=' | '<='): Filter {
  const where = eb('item.date', operator, sql<string>`${parameter(name)}::date`)
  return values => {
    const value = values.at(-1) ?? ''
    if (value === '') return undefined
    const day = filterDay(value)
    if (day === undefined) return { nothing: true, warning: `The value of "${name}" is not a date: nothing matches.` }
    return { name, where, value: day, counted: true }
  }
}

const slaIds = prepare<{ names: readonly string[] }>()('sla-ids', (db, p) =>
  db
    .selectFrom('sla')
    .select(['id', 'name'])
    .where('name', '=', q => q.fn.any(p.names)),
)

const isOfSla = eb('item.sla_id', '=', parameter<number>('sla'))
const isOfSlas = eb('item.sla_id', '=', eb.fn.any(parameter<number[]>('slas')))

/** Any of the names; one that no service level has makes that nothing matches at all. */
const sla: Filter = async (values, read) => {
  const names = [...new Set(values)]
  const rows = await read(slaIds, { names })
  if (rows.length < names.length) {
    return { nothing: true, warning: 'A value of "sla" is the name of no service level: nothing matches.' }
  }
  const ids = rows.map(({ id }) => id)
  const [only] = ids
  if (ids.length === 1) return { name: 'sla', where: isOfSla, value: only, counted: true }
  return { name: 'slas', where: isOfSlas, value: ids, counted: true } satisfies Condition
}

const releaseIds = prepare<{ keys: readonly string[] }>()('release-ids', (db, p) =>
  db
    .selectFrom('pdc_release')
    .select(['id', 'release_id'])
    .where('release_id', '=', q => q.fn.any(p.keys)),
)
const slaNames = prepare()('sla-names', db => db.selectFrom('sla').select('name').orderBy('id').limit(sql.lit(100)))
const samePairs = prepare<{ pairs: string }>()('schedule-same-pairs', (db, p) => {
  const wanted = recordset<{ release_id: number; sla_id: number }>()(p.pairs, 'wanted', {
    release_id: 'bigint',
    sla_id: 'bigint',
  })
  return db
    .selectFrom(wanted)
    .innerJoin('schedule as s', join =>
      join.onRef('s.release_id', '=', 'wanted.release_id').onRef('s.sla_id', '=', 'wanted.sla_id'),
    )
    .select(['s.id', 's.seq', 's.release_id', 's.sla_id', 's.date'])
})

const { base } = parametersOf<{ base: string }>()
const renamesMoved = written
  .selectFrom('pdc_release as release')
  .select(
    sql`coalesce(sum(case release.id when item.release_id then release.renames else -release.renames end), 0)`.as(
      'sum',
    ),
  )
  .where(q => sql`${q.ref('release.id')} in (${q.ref('item.release_id')}, ${q.ref('r.release_id')})`)
  .whereRef('item.release_id', '<>', 'r.release_id')

export const scheduleKind: WriteKind<ScheduleRow, ScheduleReferences> = {
  resource: scheduleResource,
  noun: 'schedule',
  events: scheduleEvents,
  table: 'schedule',
  fields: [
    eb.ref('item.id').as('id'),
    eb.ref('release.release_id').as('release'),
    eb.ref('sla.name').as('sla'),
    eb.ref('item.date').as('date'),
    isActive.as('active'),
    sql`${base} || '/rest_api/v1/releases/' || ${eb.ref('release.path')} || '/'`.as('release_url'),
    sql`${base} || '/rest_api/v1/component-sla-types/' || ${eb.ref('sla.id')} || '/'`.as('sla_url'),
  ],
  joins: [
    joined('join', 'pdc_release', 'release', eb('release.id', '=', eb.ref('item.release_id'))),
    joined('join', 'sla', 'sla', eb('sla.id', '=', eb.ref('item.sla_id'))),
  ],
  filters: {
    active,
    date: byDay('date', '='),
    date_after: byDay('date_after', '>='),
    date_before: byDay('date_before', '<='),
    release: exactly('release', id =>
      eb('item.release_id', '=', q => q.selectFrom('pdc_release as r').select('r.id').where('r.release_id', '=', id)),
    ),
    product_version: exactly('product_version', id =>
      eb('item.release_id', 'in', q =>
        q
          .selectFrom('pdc_release as r')
          .innerJoin('product_version as v', 'v.id', 'r.product_version_id')
          .select('r.id')
          .where('v.product_version_id', '=', id),
      ),
    ),
    sla,
  },
  order: { by: [eb.ref('item.date'), eb.ref('item.id')] },
  counter: 'schedule_count',
  columns: { release_id: 'bigint', sla_id: 'bigint', date: 'date' },
  derived: {
    updated_at: { insert: sql`clock_timestamp()`, update: sql`clock_timestamp()` },
    // A calendar shows the name of the release: what its renames count for goes on when another release takes its place.
    renames_before: {
      insert: sql.lit(0),
      update: sql`${written.ref('item.renames_before')} + ${renamesMoved}`,
    },
    // A day that is over when it is written is no news; one that is changed will be.
    expired_for: {
      insert: written.case().when('r.date', '<', today).then(written.ref('r.date')).end(),
      update: written
        .case()
        .when('r.date', '=', written.ref('item.date'))
        .then(written.ref('item.expired_for'))
        .when('r.date', '<', today)
        .then(written.ref('r.date'))
        .end(),
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
      read(releaseIds, { keys: given(bodies, 'release') }),
      read(slaIds, { names }),
    ])
    const known = slas.length < names.length ? await read(slaNames) : []
    return {
      releases: new Map(releases.map(row => [row.release_id, row.id])),
      slas: new Map(slas.map(row => [row.name, row.id])),
      slaNames: known.map(({ name }) => name),
    }
  },
  merge: mergeSchedule,
  loadNeighbours: (read, rows) =>
    read(samePairs, { pairs: JSON.stringify(rows.map(({ release_id, sla_id }) => ({ release_id, sla_id }))) }),
}
