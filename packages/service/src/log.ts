import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino'
import { logOutput } from './log-output.ts'
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
  if (destination) return pino(options, destination)
  const output = logOutput()
  const log = pino(options, output)
  output.onLost(lines => log.warn({ lines }, 'lines of this log are missing here: they could not be written'))
  return log
}

/** The trace id within a `traceparent`, for log lines. */
export function traceId(traceparent: string | undefined): string | undefined {
  return traceparent?.split('-')[1]
}
