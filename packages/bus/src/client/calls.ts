import { failure, type InputOf, isFailure, type Operation, type OperationFlow, type OutputOf } from '@slipway/contracts'
import { exchange, type Link, type Message } from '../connection/post.ts'
import type { CallOptions, Reply } from '../types.ts'
import { readReply } from '../wire/answer.ts'
import { encodeHeaders } from '../wire/headers.ts'
import { decodeJson, encodeBody } from '../wire/json.ts'
import { defaultTimeoutMs, requestLines } from '../wire/request.ts'

const noOptions: CallOptions = {}

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

export async function request<Op extends Operation>(
  link: Link,
  operation: Op,
  input: InputOf<Op>,
  options: CallOptions = noOptions,
): Promise<Reply> {
  expectFlow(operation, 'unary')
  const { message, headers } = await exchange(link, callMessage(operation.subject, encodeBody(input), options))
  return readReply(message, headers)
}

export async function call<Op extends Operation>(
  link: Link,
  operation: Op,
  input: InputOf<Op>,
  options?: CallOptions,
): Promise<OutputOf<Op>> {
  const { body } = await request(link, operation, input, options)
  let cause: unknown
  try {
    const output = operation.output.safeParse(decodeJson(body))
    if (output.success) return output.data as OutputOf<Op>
    cause = output.error
  } catch (error) {
    if (!isFailure(error)) throw error
    cause = error
  }
  throw failure('bad_upstream', `${operation.subject} gave an answer that is not of its shape.`, { cause })
}

export async function requestRaw(
  link: Link,
  subject: string,
  body: Uint8Array,
  options: CallOptions = noOptions,
): Promise<Reply> {
  if (!isCallable(subject)) throw failure('refused', `${headerSafe(subject)} is no subject that may be called.`)
  const { message, headers } = await exchange(link, callMessage(subject, body, options))
  return readReply(message, headers)
}

const callable = /^(?![$_])[^\s.*>]+(\.[^\s.*>]+)*$/u

/** Subjects may come from users (`nats://…`): not the broker's API, not somebody's inbox, not the event stream. */
function isCallable(subject: string): boolean {
  return subject.length <= 255 && callable.test(subject) && !subject.startsWith('slipway.v1.event.')
}

function headerSafe(subject: string): string {
  return JSON.stringify(subject.slice(0, 80))
}
