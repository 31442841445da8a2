import { type Logger, pino } from 'pino'

/** Where secrets stand in what services log; their values are replaced. */
const secrets = [
  'authorization',
  'cookie',
  'password',
  'token',
  'secret',
  '*.authorization',
  '*.cookie',
  '*.password',
  '*.token',
  '*.secret',
  'headers["genestack-api-token"]',
  '*.headers.authorization',
  '*.headers.cookie',
  '*.headers["genestack-api-token"]',
]

/** A service's logger: JSON lines on standard output, secrets replaced, level as a word. */
export function createLog(service: string, level: string): Logger {
  return pino({
    level,
    base: { service, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: label => ({ level: label }) },
    redact: { paths: secrets, censor: '[redacted]' },
  })
}

/** The trace id within a `traceparent`, for log lines. */
export function traceId(traceparent: string | undefined): string | undefined {
  return traceparent?.split('-')[1]
}
