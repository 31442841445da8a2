/** What a row says about an error: its message and those of its causes. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined ? error.message : `${error.message}: ${errorText(error.cause)}`
}

/** Text as Postgres takes it, which is without NUL. */
export function storable(text: string): string {
  return text.replaceAll('\0', '\u{fffd}')
}
