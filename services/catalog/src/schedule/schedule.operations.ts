import type { OperationHandler } from '@slipway/bus'
import { scheduleOperations } from '@slipway/contracts'
import type { Store } from '@slipway/store'
import { readHandlers } from '../records/read-handlers.ts'
import { writeHandlers } from '../records/write-handlers.ts'
import { calendarHandler } from './calendar.ts'
import { scheduleKind } from './schedule.store.ts'

/** Release schedules: until when a release follows a service level. */
export function scheduleHandlers(store: Store): OperationHandler[] {
  return [
    ...readHandlers(store, scheduleKind, scheduleOperations),
    ...writeHandlers(store, scheduleKind, scheduleOperations),
    calendarHandler(store),
  ]
}
