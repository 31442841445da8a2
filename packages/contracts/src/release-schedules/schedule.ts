import { z } from 'zod'
import { everybody } from '../audience.ts'
import { eventType } from '../event.ts'
import { operation } from '../operation.ts'
import { pdcEvents } from './events.ts'
import { calendarInput, pdcDeletions, pdcOperations } from './operations.ts'
import type { PdcResource } from './resource.ts'
import { day, reference } from './values.ts'

export const scheduleSchema = z
  .object({
    id: z.int(),
    release: z.string(),
    sla: z.string(),
    date: z.string().meta({ format: 'date' }),
    active: z.boolean().meta({ description: 'Today, in UTC, is not after the date' }),
    release_url: z.string().meta({ format: 'uri' }),
    sla_url: z.string().meta({ format: 'uri' }),
  })
  .meta({ id: 'PdcReleaseSchedule', description: 'A release follows a service level until a day' })

export const scheduleResource = {
  segment: 'release-schedules',
  model: 'releaseschedule',
  key: 'id',
  fields: Object.keys(scheduleSchema.shape),
  body: { release: reference(), sla: reference(), date: day() },
  filters: ['active', 'date', 'date_after', 'date_before', 'product_version', 'release', 'sla'],
  ordering: { model: 'schedule', aliases: { release_url: 'release', sla_url: 'sla' } },
} as const satisfies PdcResource

export const scheduleOperations = {
  ...pdcOperations('schedule', 'release schedules', scheduleResource, scheduleSchema),
  ...pdcDeletions('schedule', 'release schedules'),
  calendar: operation('catalog.schedule.calendar', {
    summary: 'Shows release schedules as a calendar (iCalendar, RFC 5545)',
    effect: 'read',
    audience: everybody,
    flow: 'streamed-answer',
    input: calendarInput,
    output: z.string(),
  }),
}

export const scheduleEvents = {
  ...pdcEvents('schedule', 'A release schedule', scheduleSchema),
  expired: eventType('schedule.expired', {
    summary: 'The last day of a release schedule is over',
    audience: everybody,
    data: scheduleSchema
      .pick({ id: true, release: true, sla: true })
      .extend({ date: z.string().meta({ format: 'date' }) }),
  }),
}
