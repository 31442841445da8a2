const date = /(\d{4})-(\d{1,2})-(\d{1,2})/
const time = /[ T](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,6})\d{0,6})?)?/
const zone = /(?:Z|([+-]\d{2})(?::?(\d{2}))?)?/
const pattern = new RegExp(`^${date.source}(?:${time.source}${zone.source})?$`)

/**
 * A moment in all forms that Django reads: a day, or a day with a time, with one digit or two, down to microseconds, with
 * a zone or in UTC. Answers it in the form in which PostgreSQL reads it; undefined for what is none.
 */
export function moment(text: string): string | undefined {
  const [
    whole,
    year = '',
    month = '',
    day = '',
    hour = '0',
    minute = '0',
    second = '0',
    fraction = '0',
    zoneHours,
    rest,
  ] = pattern.exec(text.trim()) ?? []
  if (whole === undefined || year === '0000') return undefined
  const [m, d, h, min, s] = [month, day, hour, minute, second].map(digits => digits.padStart(2, '0'))
  const seconds = `${year}-${m}-${d}T${h}:${min}:${s}`
  const at = Date.parse(`${seconds}Z`)
  if (Number.isNaN(at) || !new Date(at).toISOString().startsWith(seconds)) return undefined
  if (zoneHours === undefined) return `${seconds}.${fraction}Z`
  const minutes = Number(rest ?? '0')
  if (Math.abs(Number(zoneHours)) * 60 + minutes >= 24 * 60) return undefined
  // PostgreSQL takes offsets up to 15:59 only; Django up to a day.
  const sign = zoneHours.startsWith('-') ? 1 : -1
  const shifted = new Date(at + sign * (Math.abs(Number(zoneHours)) * 60 + minutes) * 60_000)
  const year4 = shifted.getUTCFullYear()
  if (year4 < 1 || year4 > 9999) return undefined
  return `${shifted.toISOString().slice(0, 19)}.${fraction}Z`
}
