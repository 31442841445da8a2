import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino'
import { maskedUrl } from './masked-url.ts'

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

/** A service's logger: JSON lines, on standard output unless told otherwise, secrets replaced (those in a `url`, too), level as a word. */
export function createLog(service: string, level: string, destination?: DestinationStream): Logger {
  const options: LoggerOptions = {
    level,
    base: { service, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: label => ({ level: label }) },
    serializers: { url: (url: unknown) => (typeof url === 'string' ? maskedUrl(url) : url) },
    redact: { paths: secrets, censor: '[redacted]' },
  }
  return destination ? pino(options, destination) : pino(options)
}

/** The trace id within a `traceparent`, for log lines. */
export function traceId(traceparent: string | undefined): string | undefined {
  return traceparent?.split('-')[1]
}
