import { header } from '@slipway/contracts'
import type { CallOptions } from '../types.ts'
import { headerLine } from './headers.ts'

export const defaultTimeoutMs = 5_000

/** Header lines of a call. */
export function requestLines(options: CallOptions): string {
  let lines = headerLine(header.deadline, options.timeoutMs ?? defaultTimeoutMs)
  if (options.identity !== undefined) lines += headerLine(header.identity, options.identity)
  if (options.service !== undefined) lines += headerLine(header.service, options.service)
  if (options.baseUrl !== undefined) lines += headerLine(header.baseUrl, options.baseUrl)
  if (options.commandId !== undefined) lines += headerLine(header.command, options.commandId)
  if (options.traceparent !== undefined) lines += headerLine(header.traceparent, options.traceparent)
  return lines
}
