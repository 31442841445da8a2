import type { Operation, OperationFlow } from '@slipway/contracts'
import type { Message } from '../connection/post.ts'
import type { CallOptions } from '../types.ts'
import { encodeHeaders } from '../wire/headers.ts'
import { defaultTimeoutMs, requestLines } from '../wire/request.ts'

/** The first message of any call. */
export function callMessage(subject: string, body: Uint8Array, options: CallOptions, extraLines = ''): Message {
  return {
    subject,
    body,
    headers: encodeHeaders(requestLines(options) + extraLines),
    timeoutMs: options.timeoutMs ?? defaultTimeoutMs,
    signal: options.signal,
  }
}

/** Calling an operation in a way it was not declared for is a mistake in the program, not a failure of a call. */
export function expectFlow(operation: Operation, flow: OperationFlow) {
  if (operation.flow !== flow) throw new TypeError(`${operation.subject} is ${operation.flow}, not ${flow}`)
}
