import { type Expression, type RawBuilder, sql } from 'kysely'

/** ISO 8601 in UTC, with microseconds where there are any. */
export function isoTime(instant: Expression<string | null>): RawBuilder<string> {
  return sql<string>`iso_time(${instant})`
}

/** Milliseconds since 1970. */
export function epochMs(instant: Expression<string | null>): RawBuilder<number> {
  return sql<number>`floor(extract(epoch from ${instant}) * 1000)::bigint`
}

/** Seconds from an instant until now. */
export function ageSeconds(instant: Expression<string>): RawBuilder<number> {
  return sql<number>`extract(epoch from clock_timestamp() - ${instant})::float8`
}

/** The address of a thing in the API; null where there is none. */
export function linkTo(base: Expression<string>, folder: string, id: Expression<string | null>): RawBuilder<string> {
  return sql<string>`${base}::text || ${sql.lit(`/${folder}/`)} || ${id}`
}

/** The instant of the clock, which goes on within a transaction. */
export const clock = sql<string>`clock_timestamp()`

export function fromNow(seconds: Expression<number>): RawBuilder<string> {
  return sql<string>`clock_timestamp() + make_interval(secs => ${seconds})`
}

export function before(seconds: Expression<number>): RawBuilder<string> {
  return sql<string>`clock_timestamp() - make_interval(secs => ${seconds})`
}
