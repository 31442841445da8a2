import { z } from 'zod'

/**
 * Days and times of ISO 8601. The calendar has no year 0, and what a zone moves out of the years 1 to 9999 could not be
 * written down in UTC again.
 */

const message = 'must be between the years 1 and 9999'

export const isoDay = (wrong?: string) => z.iso.date(wrong).refine(isWithinCalendar, message)
/** In UTC, with `Z`. */
export const isoTime = () => z.iso.datetime().refine(isWithinCalendar, message)
/** With any zone. */
export const isoTimeOfAnyZone = () => z.iso.datetime({ offset: true }).refine(isWithinCalendar, message)

/** True for a day or time that is in the years 1 to 9999 of UTC. */
export function isWithinCalendar(text: string): boolean {
  const year = new Date(text).getUTCFullYear()
  return year >= 1 && year <= 9999
}
