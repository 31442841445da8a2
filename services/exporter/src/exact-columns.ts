import { parseExact } from '@slipway/contracts'

/**
 * A row whose free JSON was read as text: these columns hold what people keep of their own, and are parsed here so that
 * their numbers stay as they were sent.
 */
export function exactColumns<Row extends object>(row: Row, ...columns: readonly (keyof Row)[]): Row {
  const parsed = columns.map(column => {
    const text = row[column]
    return [column, typeof text === 'string' ? parseExact(text) : text] as const
  })
  return { ...row, ...Object.fromEntries(parsed) }
}
