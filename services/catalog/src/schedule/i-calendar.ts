/** One schedule as the calendar shows it. */
export type CalendarEntry = {
  readonly id: number
  /** Times that what the calendar shows was changed. */
  readonly changes: number
  readonly release: string
  readonly sla: string
  /** `YYYY-MM-DD` */
  readonly date: string
  /** Of the last of them: ISO 8601, UTC. */
  readonly changed_at: string
  readonly url: string
}

const lineEnd = '\r\n'
/** RFC 5545 counts octets, without the line end. */
const longestLine = 75

export const calendarBegin = lines([
  'BEGIN:VCALENDAR',
  'VERSION:2.0',
  'PRODID:-//Slipway//Release schedules//EN',
  'CALSCALE:GREGORIAN',
  'METHOD:PUBLISH',
  'X-WR-CALNAME:Release schedules',
])
export const calendarEnd = lines(['END:VCALENDAR'])

/** RFC 5545 wants a component in every calendar: where there are no schedules, one that nobody sees. */
export const emptyCalendar = lines([
  'BEGIN:VTIMEZONE',
  'TZID:UTC',
  'BEGIN:STANDARD',
  'DTSTART:19700101T000000',
  'TZOFFSETFROM:+0000',
  'TZOFFSETTO:+0000',
  'END:STANDARD',
  'END:VTIMEZONE',
])

/**
 * The last day of a schedule as an all-day event. Its UID stays the same for the life of the schedule, and is of this
 * installation only; its stamp is the time of its last change, so that the same schedules make the same bytes.
 */
export function calendarEvent(entry: CalendarEntry, installation: string): string {
  const { id, changes, release, sla, date, changed_at, url } = entry
  const stamp = `${changed_at.replaceAll(/[-:]|\.\d+/g, '').replace(/Z?$/, 'Z')}`
  return lines([
    'BEGIN:VEVENT',
    `UID:release-schedule-${id}@${installation}.slipway`,
    `DTSTAMP:${stamp}`,
    `LAST-MODIFIED:${stamp}`,
    `SEQUENCE:${changes}`,
    `DTSTART;VALUE=DATE:${date.replaceAll('-', '')}`,
    `SUMMARY:${escaped(`${release}: end of ${sla}`)}`,
    `URL:${url}`,
    'TRANSP:TRANSPARENT',
    'END:VEVENT',
  ])
}

/** Text values: backslashes, semicolons, commas and line breaks have a meaning of their own. */
export function escaped(text: string): string {
  return text
    .replaceAll(/[\\;,]/g, '\\$&')
    .replaceAll(/\r\n|[\r\n]/g, '\\n')
    .replaceAll(/\p{Cc}/gu, '')
}

function lines(contents: readonly string[]): string {
  return contents.map(content => folded(content) + lineEnd).join('')
}

/** Breaks a line before it has more than 75 octets, never within a character; what follows begins with a blank. */
export function folded(line: string): string {
  if (Buffer.byteLength(line) <= longestLine) return line
  const parts: string[] = []
  let part = ''
  let size = 0
  for (const character of line) {
    const octets = Buffer.byteLength(character)
    if (size + octets > longestLine) {
      parts.push(part)
      part = ''
      size = 1
    }
    part += character
    size += octets
  }
  return [...parts, part].join(`${lineEnd} `)
}
