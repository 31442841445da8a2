/** An instant as the MLDS API writes it, from any text that Postgres makes of one. */
export function instantOf(text: string): string
export function instantOf(text: string | null): string | null
export function instantOf(text: string | null): string | null {
  return text === null ? null : new Date(text).toISOString()
}
