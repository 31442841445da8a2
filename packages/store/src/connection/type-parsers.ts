import pg from 'pg'

type Parse = (text: string) => unknown
const { builtins } = pg.types

/**
 * How values come back, set per connection and never in `pg`'s global table:
 *
 * - `bigint` (ids, `count(*)`): a number while it is exact, its decimal text beyond 2^53;
 * - `timestamptz`: ISO 8601 text in UTC with microseconds, `2026-11-21T02:49:18.123456Z`. A `Date` would cut it to
 *   milliseconds, and a cursor that pages by it would then skip or repeat rows;
 * - `date`, `timestamp`, `interval`, `numeric`: the text that Postgres writes;
 * - `json`, `jsonb`: parsed. A statement that wants the text for passing through casts it: `…::text`;
 * - everything else as `pg` does.
 *
 * The connection's time zone is set to UTC. Where a URL overrides that, timestamps keep their offset and stay valid.
 */
const scalars: ReadonlyMap<number, Parse> = new Map<number, Parse>([
  [builtins.INT8, parseBigint],
  [builtins.TIMESTAMPTZ, parseTimestamp],
  [builtins.DATE, String],
  [builtins.TIMESTAMP, String],
  [builtins.INTERVAL, String],
])

/** Type of an array -> type of its elements. */
const arrays: ReadonlyMap<number, number> = new Map([
  [1016, builtins.INT8],
  [1185, builtins.TIMESTAMPTZ],
  [1182, builtins.DATE],
  [1115, builtins.TIMESTAMP],
  [1187, builtins.INTERVAL],
])
/** `text[]`: what `pg` parses into strings. */
const textArray = 1009 as Parameters<typeof pg.types.getTypeParser>[0]

export const typeParsers = { getTypeParser } as pg.CustomTypesConfig

function getTypeParser(oid: number, format?: 'text' | 'binary'): Parse {
  if (format !== 'binary') {
    const scalar = scalars.get(oid)
    if (scalar) return scalar
    const element = scalars.get(arrays.get(oid) ?? -1)
    if (element) return text => mapArray(pg.types.getTypeParser(textArray)(text), element)
  }
  return pg.types.getTypeParser(oid, format as 'text') as Parse
}

function mapArray(value: unknown, parse: Parse): unknown {
  if (Array.isArray(value)) return value.map(element => mapArray(element, parse))
  return value === null ? null : parse(String(value))
}

function parseBigint(text: string): number | string {
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : text
}

/** Always six digits of fraction, so that texts compare like the times they stand for. */
function parseTimestamp(text: string): string {
  const parts = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(\+00|[+-]\d\d(?::\d\d){0,2})$/.exec(text)
  if (!parts) return text
  const [, date, time, fraction = '', offset] = parts
  return `${date}T${time}.${fraction.padEnd(6, '0')}${offset === '+00' ? 'Z' : offset}`
}
