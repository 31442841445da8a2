import { parseExact } from '@slipway/contracts'
import { type Expression, sql } from 'kysely'

/** The text of JSON that is known to hold a value of this type. */
export type JsonText<Value> = string & { readonly value?: Value }

/** JSON as its text, in which numbers have the digits that they were sent with. */
export const jsonText = <Value>(json: Expression<unknown>) => sql<JsonText<Value>>`${json}::text`

type Exact<Text> = Text extends JsonText<infer Value> ? Value : Text

/**
 * A row whose free JSON was read as text: these columns hold what people keep of their own, and are parsed here so that
 * their numbers stay as they were sent.
 */
export function exactColumns<Row extends object, Column extends keyof Row>(
  row: Row,
  ...columns: readonly Column[]
): Omit<Row, Column> & { readonly [Name in Column]: Exact<Row[Name]> } {
  const parsed = columns.map(column => {
    const text = row[column]
    return [column, typeof text === 'string' ? parseExact(text) : text] as const
  })
  return { ...row, ...(Object.fromEntries(parsed) as { readonly [Name in Column]: Exact<Row[Name]> }) }
}
