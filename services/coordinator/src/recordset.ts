import { type AliasedRawBuilder, type Expression, sql } from 'kysely'

type ColumnType = 'boolean' | 'bigint' | 'integer' | 'json' | 'jsonb' | 'text' | 'timestamptz'

/** The objects of a JSON array as rows `x` with these columns; what an object does not have is null. */
export function recordset<Row extends object>(
  json: Expression<string>,
  columns: { readonly [Name in keyof Row]-?: ColumnType },
): AliasedRawBuilder<Row, 'x'> {
  const list = Object.entries<ColumnType>(columns).map(([name, type]) => sql`${sql.id(name)} ${sql.raw(type)}`)
  return sql<Row>`json_to_recordset(${json}::json)`.as<'x'>(sql`x(${sql.join(list)})`)
}
