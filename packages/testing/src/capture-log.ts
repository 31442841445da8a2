import { type Logger, pino } from 'pino'

export type LogLine = { readonly level: number; readonly msg?: string; readonly [field: string]: unknown }

export type CapturedLog = {
  readonly log: Logger
  /** Every line so far, of every level, children's included. */
  readonly lines: readonly LogLine[]
  /** Lines whose message contains the text, or matches the pattern. */
  matching(message: string | RegExp): readonly LogLine[]
  clear(): void
}

/** A pino logger that keeps its lines for assertions and prints nothing. */
export function captureLog(): CapturedLog {
  const lines: LogLine[] = []
  const log = pino({ level: 'trace', base: null }, { write: text => void lines.push(JSON.parse(text) as LogLine) })
  return {
    log,
    lines,
    matching: message =>
      lines.filter(({ msg = '' }) => (typeof message === 'string' ? msg.includes(message) : message.test(msg))),
    clear: () => void lines.splice(0),
  }
}
