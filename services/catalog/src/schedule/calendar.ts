import { createHash } from 'node:crypto'
import type { OperationHandler } from '@slipway/bus'
import { type PdcQuery, readPdcQuery, scheduleOperations, scheduleResource } from '@slipway/contracts'
import { handlerOf, hasTag } from '@slipway/service'
import { headed, parametersOf, type Store } from '@slipway/store'
import { sql } from 'kysely'
import { nameOfConditions, type Selection, selectionOf, valuesOfConditions, whereOf } from '../records/conditions.ts'
import { type Condition, over } from '../records/kind.ts'
import { allRows, joinsOf } from '../records/list.ts'
import { shaped } from '../records/run.ts'
import { prepare } from '../sql.ts'
import { type CalendarEntry, calendarBegin, calendarEnd, calendarEvent, emptyCalendar } from './i-calendar.ts'
import { scheduleKind } from './schedule.store.ts'

const eb = over<'schedule', { release: 'pdc_release'; sla: 'sla' }>()
const { base: baseParameter } = parametersOf<{ base: string }>()

const entries = shaped<CalendarEntry>()
const changes = sql`${eb('item.seq', '-', 1)} + ${eb('item.renames_before', '+', eb.ref('release.renames'))}`
const entry = sql`${eb.ref('item.id')}, ${changes} as changes, ${eb.ref('release.release_id')} as release,
  ${eb.ref('sla.name')} as sla, ${eb.ref('item.date')}::text as date,
  utc_text(greatest(${eb.ref('item.updated_at')}, ${eb.ref('release.renamed_at')})) as changed_at,
  ${baseParameter} || '/rest_api/v1/release-schedules/' || ${eb.ref('item.id')} || '/' as url`

/** Schedules as a calendar, by the filters and the order of the list; pages do not count. */
export function calendarHandler(store: Store): OperationHandler {
  return handlerOf(scheduleOperations.calendar, async ({ query: parameters, ifNoneMatch }, { baseUrl }) => {
    const query = readPdcQuery(scheduleResource, parameters)
    const selection = await selectionOf(scheduleKind, query, store.read)
    const etag = await etagOf(store, selection, query, baseUrl)
    const headers = { etag, 'cache-control': 'no-cache' }
    if (ifNoneMatch !== undefined && hasTag(ifNoneMatch, etag, { weak: true })) return { status: 304, headers }
    const rows = allRows(store, scheduleKind, selection, query, baseUrl, entries, {
      name: 'calendar',
      columns: entry,
    })
    return {
      headers: { ...headers, 'content-type': 'text/calendar; charset=utf-8' },
      body: calendar(rows, await installationOf(store)),
    }
  })
}

const calendar = (rows: AsyncIterable<CalendarEntry[]>, installation: string) =>
  headed(Buffer.from(calendarBegin), eventsOf(rows, installation))

async function* eventsOf(rows: AsyncIterable<CalendarEntry[]>, installation: string): AsyncGenerator<Uint8Array> {
  let isEmpty = true
  for await (const some of rows) {
    if (some.length === 0) continue
    isEmpty = false
    yield Buffer.from(some.map(one => calendarEvent(one, installation)).join(''))
  }
  yield Buffer.from(isEmpty ? emptyCalendar + calendarEnd : calendarEnd)
}

const installation = prepare()('installation', db => db.selectFrom('installation').select('id'))

async function installationOf(store: Store): Promise<string> {
  const [row] = await store.read(installation)
  return row?.id ?? ''
}

const states = shaped<{ state: string }>()
const versions = sql`${eb.ref('item.id')} || ' ' || ${eb.ref('item.seq')} || ' ' || ${eb.ref('release.seq')} || ' ' ||
  ${eb.ref('sla.seq')}`

/** Which rows there are in which version, without order; what the bytes depend on beside that is hashed with it. */
async function etagOf(store: Store, { conditions }: Selection, query: PdcQuery, base: string): Promise<string> {
  const state = conditions && (await stateOf(store, conditions))
  const seen = JSON.stringify([state ?? '', query.ordering ?? null, base])
  return `"${createHash('sha256').update(seen).digest('base64url').slice(0, 27)}"`
}

async function stateOf(store: Store, conditions: readonly Condition[]): Promise<string | undefined> {
  const shape = {
    key: ['calendar-state', ...nameOfConditions(conditions)],
    query: () => sql<{ state: string }>`
      select count(*) || ' ' || coalesce(sum(hashtextextended(${versions}, 0)), 0) as state
      from schedule item ${joinsOf(scheduleKind)} ${whereOf(conditions)}`,
  }
  const [row] = await states.run(store, false, shape, valuesOfConditions(conditions))
  return row?.state
}
