import {
  type AliasedExpression,
  type Expression,
  type ExpressionBuilder,
  expressionBuilder,
  type RawBuilder,
  type Simplify,
  sql,
} from 'kysely'

type Columns = readonly AliasedExpression<unknown, string>[]
type RowOf<Given extends Columns> = {
  [Column in Given[number] as Column extends AliasedExpression<unknown, infer Alias>
    ? Alias
    : never]: Column extends AliasedExpression<infer Value, string> ? Value : never
}

/** A JSON object of these columns, in their order. */
export function rowJson<const Given extends Columns>(columns: Given): RawBuilder<Simplify<RowOf<Given>>> {
  return sql<Simplify<RowOf<Given>>>`(select row_to_json(rendered) from (select ${sql.join(columns)}) rendered)`
}

/**
 * The rows of an ordered query as the text of a JSON array, `[]` for none: `item` makes the JSON of the row `s`. It is
 * made outside of the query, because PostgreSQL would make it for the rows that `offset` skips, too.
 */
export function listJson<Row>(
  rows: Expression<Row>,
  item: (eb: ExpressionBuilder<{ s: Row }, 's'>) => Expression<unknown>,
): RawBuilder<string> {
  const json = item(expressionBuilder<{ s: Row }, 's'>())
  return sql<string>`(select '[' || coalesce(string_agg(${json}::text, ','), '') || ']' from ${rows} s)`
}
