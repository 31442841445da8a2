import { createHash } from 'node:crypto'
import type { OperationHandler } from '@slipway/bus'
import { type PdcQuery, readPdcQuery, scheduleOperations, scheduleResource } from '@slipway/contracts'
import { handlerOf, hasTag } from '@slipway/service'
import { headed, type Statement, type Store } from '@slipway/store'
import { type Selection, selectionOf, valuesOfConditions, whereOf } from '../records/conditions.ts'
import { allRows } from '../records/list.ts'
import { run } from '../records/run.ts'
import { type CalendarEntry, calendarBegin, calendarEnd, calendarEvent, emptyCalendar } from './i-calendar.ts'
import { scheduleKind } from './schedule.store.ts'

const entry = `item.id, item.seq - 1 + item.renames_before + release.renames as changes, release.release_id as release, sla.name as sla, item.date::text as date,
  utc_text(greatest(item.updated_at, release.renamed_at)) as changed_at, :base || '/rest_api/v1/release-schedules/' || item.id || '/' as url`

/** Schedules as a calendar, by the filters and the order of the list; pages do not count. */
export function calendarHandler(store: Store): OperationHandler {
  return handlerOf(scheduleOperations.calendar, async ({ query: parameters, ifNoneMatch }, { baseUrl }) => {
    const query = readPdcQuery(scheduleResource, parameters)
    const selection = await selectionOf(scheduleKind, query, store.read)
    const etag = await etagOf(store, selection, query, baseUrl)
    const headers = { etag, 'cache-control': 'no-cache' }
    if (ifNoneMatch !== undefined && hasTag(ifNoneMatch, etag, { weak: true })) return { status: 304, headers }
    const rows = allRows<CalendarEntry>(store, scheduleKind, selection, query, baseUrl, entry)
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

const installation: Statement = { name: 'installation', text: 'select id from installation' }

async function installationOf(store: Store): Promise<string> {
  const [row] = await store.read<{ id: string }>(installation)
  return row?.id ?? ''
}

/** Which rows there are in which version, without order; what the bytes depend on beside that is hashed with it. */
async function etagOf(store: Store, { conditions }: Selection, query: PdcQuery, base: string): Promise<string> {
  const versions = `item.id || ' ' || item.seq || ' ' || release.seq || ' ' || sla.seq`
  const text = () => `select count(*) || ' ' || coalesce(sum(hashtextextended(${versions}, 0)), 0) as state
    from schedule item ${scheduleKind.joins} ${whereOf(conditions ?? [])}`
  const [row] = conditions ? await run<{ state: string }>(store, undefined, text, valuesOfConditions(conditions)) : []
  const seen = JSON.stringify([row?.state ?? '', query.ordering ?? null, base])
  return `"${createHash('sha256').update(seen).digest('base64url').slice(0, 27)}"`
}
